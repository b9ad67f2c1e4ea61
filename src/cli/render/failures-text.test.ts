import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { type Network, parseNetwork } from '../../model/index.ts'
import { smallNetwork } from '../../model/testing/small-network.ts'
import { derivePolicy } from '../../policy/index.ts'
import { failuresOf, judgeFailures } from '../../verify/index.ts'
import { type FailuresFound, failuresJson, failuresText } from './failures-text.ts'

const day = Date.UTC(2027, 0, 1)

function found(text: string): FailuresFound {
  const { network, diagnostics } = parseNetwork(text)
  if (!network) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  const all = failuresOf(network as Network, derivePolicy(network))
  return { ...judgeFailures(network, all.failures, day), all, network, seconds: 0.25 }
}

const textOf = (given: FailuresFound): string => failuresText(given, pc.createColors(false))

const twice = smallNetwork.replace(
  /(?<=isps|access-routers|distribution-routers|name-servers|fabric-controllers|jump-boxes|storage-nodes|activation-servers): 1/g,
  ': 2',
)
const redundant = twice
  .replace('kind: worker', 'kind: worker\n        instances: 2')
  .replace('dips: [fc1]', 'dips: [fc1, fc2]')

describe('what breaks when elements fail', () => {
  it('is nothing of a network that has two of everything, but for its only site', () => {
    const lines = textOf(found(redundant)).split('\n')
    expect(lines[0]).toBe('✗ site west')
    expect(lines[1]).toBe(
      '    endpoint-open in west: name-service/udp, name-service/tcp, shop/web/https: nothing is left behind them; they stand in west alone',
    )
    expect(lines.filter((line) => /^✗ (?!\d)/.test(line))).toEqual(['✗ site west'])
    expect(lines.at(-1)).toMatch(/^✗ 1 of \d+ failures breaks some of \d+ promises \(0\.3 s\)$/)
  })

  it('names the only machine behind a promise, and where packets are lost', () => {
    const text = textOf(found(smallNetwork))
    expect(text).toContain(
      'role-open: shop/worker/orders in west: nothing is left behind it; west/shop-worker-0 on west/host2 is its only machine',
    )
    expect(text).toMatch(
      /✗ distribution-router west\/dr1\n {4}endpoint-open in west: .*not everything gets there and back; from internet to a balancer/,
    )
  })

  it('names an expectation once', () => {
    const orders =
      'expect:\n  - { name: orders, from: shop/web, to: shop/worker, protocol: tcp, ports: 9000, then: allow }\n'
    expect(textOf(found(smallNetwork + orders))).toMatch(/^ {4}expect:orders: nothing is left behind it/m)
  })

  it('says where not everything gets through', () => {
    const single = redundant.replace('distribution-routers: 2', 'distribution-routers: 1')
    const text = textOf(found(single))
    expect(text).toMatch(
      /✗ link west\/dr1:host1, likewise west\/dr1:host2\n {4}endpoint-open in west: [^\n]*not everything gets there and back; such as from west\/shop-\w+-\d to a balancer of west, where it is lost at west\/host1/,
    )
  })

  it('tells of elements in a row once, and of what does not stand anyway not at all', () => {
    const impossible =
      'expect:\n  - { name: never, from: internet, to: hosts, protocol: tcp, ports: 22, then: allow }\n'
    const judged = found(smallNetwork + impossible)
    const text = textOf(judged)
    expect(text).toMatch(/^✗ isp west\/isp1, access-router west\/ar1, .*link internet:west-isp1/m)
    expect(text).toMatch(/^! without any failure, expect:never: not everything gets there and back/)
    expect(text.match(/expect:never/g)).toHaveLength(1)
    const { breaks, failures } = failuresJson(judged)
    expect(breaks.map(({ promise }) => promise)).toEqual(['expect:never'])
    expect(failures.flatMap((each) => each.breaks).some(({ promise }) => promise === 'expect:never')).toBe(
      false,
    )
    expect(failures.length).toBe(judged.counting.length)
  })

  it('counts only what no exception covers, and tells of those that lapsed or cover nothing', () => {
    const exceptions = [
      'exceptions:',
      '  - { of: failures, at: west, why: There is one site., until: 2027-02-01 }',
      '  - { of: failures, at: west/jump1, why: It was ordered., until: 2027-02-01 }',
      '  - { of: failures, at: west/fc1, why: It was old., until: 2026-02-01 }',
    ].join('\n')
    const judged = found(`${redundant}${exceptions}\n`)
    expect(judged.counting).toEqual([])
    expect(judged.borne.map(({ elements }) => elements.map(({ id }) => id))).toEqual([['west']])
    const text = textOf(judged)
    expect(text).toContain('failures at west are excepted until 2027-02-01')
    expect(text).toContain('the exception of failures at west/jump1 covers nothing')
    expect(text).toMatch(/^! The exception at \S+ lapsed on 2026-02-01/m)
    expect(failuresJson(judged)).toMatchObject({ holds: true, failures: [{ excepted: true }] })
  })

  it('an exception of a site is of the site as a whole, and one of a pattern of what it matches', () => {
    const excepted = (at: string): readonly string[] =>
      found(
        `${smallNetwork}exceptions:\n  - { of: failures, at: '${at}', why: Known., until: 2027-02-01 }\n`,
      ).borne.flatMap(({ elements }) => elements.map(({ id }) => id))
    expect(excepted('west')).toEqual(['west'])
    expect(excepted('west/dr1')).toEqual(['west/dr1'])
    expect(excepted('west/dr1:*')).toContain('west/dr1:host1')
    expect(excepted('west/*')).toEqual(expect.arrayContaining(['west/isp1', 'west/dr1:host1']))
    expect(excepted('west/*')).not.toContain('west')
  })
})
