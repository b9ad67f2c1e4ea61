/** Every disagreement ever found between programs and evaluator, smallest form, by name. */
import { describe, expect, it } from 'vitest'
import { InterpreterEngine } from '../../src/bpf/index.ts'
import { FilterCompilerCache } from '../../src/dataplane/filter-template.ts'
import { expectAgreement } from '../../src/dataplane/testing/agreement.ts'
import { type PointCase, runEvaluator } from '../../src/dataplane/testing/point-runner.ts'
import { hostPrefix, ip, PortRange } from '../../src/net/index.ts'
import {
  EgressTable,
  flowTier,
  type Point,
  shapeTier,
  type Tier,
  type Translation,
  translate,
} from '../../src/policy/index.ts'
import {
  flow,
  packet,
  point,
  reversed,
  rule,
  ruleTier,
  unreachable,
} from '../../src/policy/testing/sample.ts'
import { frameOf, type IpHeaders } from '../../src/wire/index.ts'

const subject = { engine: new InterpreterEngine() }

/** Checks a case and tells what the evaluator said of each frame: `allow rule`. */
function said(
  points: readonly Point[],
  steps: readonly (readonly [point: number, headers: IpHeaders | Uint8Array])[],
  cache?: FilterCompilerCache,
): string[] {
  const testCase: PointCase = {
    points,
    egress: [ip('198.51.100.9'), ip('2001:db8::9')],
    steps: steps.map(([at, headers]) => ({
      point: at,
      frame: headers instanceof Uint8Array ? headers : frameOf(headers),
    })),
  }
  expectAgreement(testCase, subject, cache)
  return runEvaluator(testCase).answers.map((answer) =>
    answer.verdict === 'pass-by' ? 'pass-by' : `${answer.verdict} ${answer.rule.id}`,
  )
}

const web = flow('tcp', '192.0.2.1 40000', '10.0.0.1 443')

describe('flows', () => {
  it('what a tier before the flow tier allows opens none', () => {
    const out = point([ruleTier('before', rule('any', 'allow')), flowTier], {
      id: 'node/filter/out',
      flow: { table: 'filter', heading: 'from-local' },
    })
    const inward = point([flowTier], { flow: { table: 'filter', heading: 'to-local' } })
    expect(
      said(
        [out, inward],
        [
          [0, packet(reversed(web))],
          [1, packet(web)],
        ],
      ),
    ).toEqual(['allow any', 'deny default/deny'])
  })
})

describe('templates', () => {
  it('points that differ in what they do with odd frames have their own', () => {
    const arp = new Uint8Array(42)
    arp.set([8, 6], 12)
    const quiet = {
      ...shapeTier,
      reasons: { ...shapeTier.reasons, arp: { ...shapeTier.reasons.arp, action: 'deny' as const } },
    }
    const cache = new FilterCompilerCache()
    expect(said([point([])], [[0, arp]], cache)).toEqual(['allow shape/arp'])
    expect(said([point([], { tiers: [quiet] })], [[0, arp]], cache)).toEqual(['deny shape/arp'])
  })

  it('balancers that lend to other VMs lend each to its own', () => {
    const cache = new FilterCompilerCache()
    const of = (vm: string) => point([translations(egressOut(vm))], { kind: 'balancer' })
    const steps = [[0, packet(flow('tcp', '10.0.0.1 1234', '192.0.2.1 80'))]] as const
    expect(said([of('10.0.0.1')], steps, cache)).toEqual(['allow egress'])
    expect(said([of('172.16.0.1')], steps, cache)).toEqual(['deny default/deny'])
  })

  it('balancers that differ in the number of endpoints count under their own rules', () => {
    const cache = new FilterCompilerCache()
    const of = (count: number) =>
      point(
        [
          translations(
            ...Array.from(
              { length: count },
              (_, n): Translation => ({
                kind: 'endpoint-in',
                rule: rule(`in/${n}`, 'allow'),
                vip: ip('198.51.100.1'),
                protocol: 6,
                port: 80 + n,
                backends: [{ node: 'vm', address: ip('10.0.0.1'), port: 8080 }],
              }),
            ),
          ),
        ],
        { kind: 'balancer' },
      )
    const steps = [
      [0, packet(web)],
      [0, packet(flow('tcp', '192.0.2.1 1', '198.51.100.1 80'))],
    ] as const
    for (const count of [1, 3, 2])
      expect(said([of(count)], steps, cache)).toEqual(['deny default/deny', 'allow in/0'])
  })

  it('a rule about one machine is not read as being about another', () => {
    // First read for a machine that it does not name, then for the one it names, beside another tier, then again for others.
    const [a, b] = [ip('10.0.0.1'), ip('10.0.0.2')]
    const own = ruleTier('role', rule('own', 'allow', { source: [hostPrefix(a)] }))
    const other = ruleTier('other', rule('other', 'deny', { protocol: 17 }))
    const cache = new FilterCompilerCache()
    const of = (address: typeof a, ...tiers: Tier[]) => point(tiers, { behind: [address] })
    const steps = [
      [0, packet(flow('tcp', '10.0.0.1 1', '192.0.2.1 2'))],
      [0, packet(flow('tcp', '10.0.0.2 1', '192.0.2.1 2'))],
    ] as const
    const expected = ['allow own', 'deny default/deny']
    expect(said([of(b, own)], steps, cache)).toEqual(expected)
    expect(said([of(a, other, own)], steps, cache)).toEqual(expected)
    expect(said([of(b, other, own)], steps, cache)).toEqual(expected)
  })
})

describe('translation', () => {
  it('of endpoints that share a backend the first has the replies', () => {
    const endpoint = (id: string, port: number): Translation => ({
      kind: 'endpoint-out',
      rule: rule(id, 'allow'),
      vip: ip('198.51.100.1'),
      protocol: 6,
      port,
      backends: [{ node: 'vm', address: ip('10.0.0.1'), port: 443 }],
    })
    const at = point([translations(endpoint('first', 443), endpoint('second', 8443))], { kind: 'balancer' })
    expect(said([at], [[0, packet(reversed(web), { tcpFlags: 0x12 })]])).toEqual(['allow first'])
  })

  it.each(['icmp', 'icmp6'] as const)(
    'of errors about %s that is no echo is none, whatever was lent to identifier 0',
    (icmp) => {
      const [vm, remote] = icmp === 'icmp' ? ['10.0.0.1', '192.0.2.1'] : ['fd00::1', '2001:db8:f::1']
      const at = point([translations(egressOut(icmp === 'icmp' ? '10.0.0.1' : 'fd00::1'))], {
        kind: 'balancer',
      })
      const ping = packet(flow(icmp, vm, remote), { icmpType: icmp === 'icmp' ? 8 : 128 })
      expect(
        said(
          [at],
          [
            [0, ping],
            [0, unreachable(flow(icmp, remote, vm))],
          ],
        ),
      ).toEqual(['allow egress', 'deny default/deny'])
    },
  )
})

describe('checksums', () => {
  it.each([
    ['10.0.0.1', '192.0.2.1'],
    ['fd00::1', '2001:db8:f::1'],
  ])('a UDP checksum that becomes 0 is sent as 0xffff: from %s', (vm, remote) => {
    const ends = flow('udp', `${vm} 1234`, `${remote} 53`)
    const { family } = ends.source
    const at = point([translations(egressOut(family === 4 ? '10.0.0.1' : 'fd00::1'))], {
      kind: 'balancer',
    })
    const payloads = Array.from({ length: 0x10000 }, (_, word) => Uint8Array.of(word >>> 8, word & 255))
    const rewritten = translate([egressOut(family === 4 ? '10.0.0.1' : 'fd00::1')], packet(ends), {
      egress: new EgressTable(),
      now: 0n,
    })?.packet as IpHeaders
    const checksum = family === 4 ? 40 : 60
    const isAllOnes = (payload: Uint8Array) => {
      const frame = frameOf(rewritten, { payload })
      return frame[checksum] === 0xff && frame[checksum + 1] === 0xff
    }
    const payload = payloads.find(isAllOnes) as Uint8Array
    expect(said([at], [[0, frameOf(packet(ends), { payload })]])).toEqual(['allow egress'])
  })
})

function egressOut(vm: string): Translation {
  const { family } = ip(vm)
  return {
    kind: 'egress-out',
    rule: rule('egress', 'allow'),
    borrowers: [ip(vm)],
    quota: 16,
    full: rule('full', 'deny'),
    address: ip(family === 4 ? '198.51.100.9' : '2001:db8::9'),
    ports: PortRange(1024, 65535),
  }
}

function translations(...list: Translation[]): Tier {
  return { kind: 'translation', name: 'translation', translations: list }
}
