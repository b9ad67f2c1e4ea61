/** The zone of a network keeps what is promised of names; what is put into it beside, or taken out, is found. */
import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network } from '../model/index.ts'
import { ip } from '../net/index.ts'
import { derivePolicy } from '../policy/index.ts'
import { ProofMemory, prove } from '../verify/index.ts'
import { nameInvariants } from './invariants.ts'
import { Type } from './message.ts'
import { name } from './name.ts'
import { type Entry, Zone } from './zone.ts'
import { zoneOf } from './zone-of.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const policy = derivePolicy(network)
const memory = new ProofMemory()
const zone = zoneOf(network)
const entries: readonly Entry[] = [...zone.names.values()].flatMap((sets) => [...sets.values()].flat())

const remarks = (changed: readonly Entry[]): Readonly<Record<string, readonly string[]>> => {
  const more = nameInvariants(Zone(zone.apex, changed))
  const verdicts = prove(network, policy, { more, memory, only: more.map(({ id }) => id) })
  return Object.fromEntries(verdicts.map((verdict) => [verdict.invariant.id, verdict.remarks]))
}

const address = (owner: string, text: string): Entry => {
  const found = ip(text)
  return {
    name: name(`${owner}.${network.zone}`),
    type: found.family === 4 ? Type.a : Type.aaaa,
    ttl: 60,
    data: { kind: 'address', address: found },
  }
}

const isOf = ({ name: owner, type }: Entry, text: string, wanted: number): boolean =>
  owner.join('.') === `${text}.${network.zone}` && type === wanted

describe('names', () => {
  it('keep their promises as they are', () =>
    expect(remarks(entries)).toEqual({ 'names-public': [], 'names-complete': [] }))

  it.each<[string, readonly Entry[], string, RegExp]>([
    [
      'a DIP beside a VIP',
      [...entries, address('shop.west', '10.16.64.1')],
      'names-public',
      /10\.16\.64\.1, which is no VIP/,
    ],
    [
      'a machine of the inside',
      [...entries, address('fc1.west', 'fd67:6c61:16:1::3')],
      'names-public',
      /fc1\.west.*no VIP/,
    ],
    ['an address of a router', [...entries, address('ar1.east', '203.0.113.65')], 'names-public', /no VIP/],
    [
      'a VIP that nobody has',
      [...entries, address('old.west', '198.51.100.55')],
      'names-public',
      /there is nothing/,
    ],
    [
      'a name that leads to another service',
      [...entries, address('shop.west', '198.51.100.40')],
      'names-complete',
      /shop\.west.* leads to 198\.51\.100\.40/,
    ],
    [
      'a name without its IPv6 address',
      entries.filter((entry) => !isOf(entry, 'telemetry.east', Type.aaaa)),
      'names-complete',
      /does not lead to 2001:db8:32::40/,
    ],
    [
      'no name at all',
      entries.filter(({ name: owner }) => owner[0] !== 'tickets'),
      'names-complete',
      /tickets\.west.* does not lead to/,
    ],
  ])('%s is found', (_, changed, id, text) => {
    const found = remarks(changed)[id] ?? []
    expect(
      found.some((remark) => text.test(remark)),
      found.join('\n'),
    ).toBe(true)
  })
})
