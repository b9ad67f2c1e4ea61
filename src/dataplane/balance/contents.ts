/** What a balancer's maps hold: endpoints, their Maglev tables, backends and the way back, from the translations of its points. */
import { type Family, type Ip, ipBytes } from '../../net/index.ts'
import {
  type EndpointIn,
  type EndpointOut,
  type Lending,
  lendingOf,
  maglevTable,
  type Point,
  portBlock,
  rulesOf,
  type Translation,
} from '../../policy/index.ts'
import { network16 } from '../emit/parse.ts'
import { type BalancerSizes, borrowerValue, endKey, endValue, replyValue, runsFor, vipValue } from './maps.ts'
import { requireSameEnds } from './same-ends.ts'

export type Entry = readonly [key: Uint8Array, value: Uint8Array]

/** Entries of the maps of one family that follow from the policy. */
export interface BalancerContents {
  readonly borrowers: readonly Entry[]
  readonly vips: readonly Entry[]
  readonly ring: readonly Entry[]
  readonly backends: readonly Entry[]
  readonly replies: readonly Entry[]
}

export const contentSizes = (contents: BalancerContents, connections: number): BalancerSizes => ({
  borrowers: contents.borrowers.length,
  vips: contents.vips.length,
  ring: contents.ring.length,
  backends: contents.backends.length,
  replies: contents.replies.length,
  connections,
})

/** @param points the points of one balancer. Throws `TypeError` if they differ in what one map must say for all of them */
export function balancerContents(points: readonly Point[], family: Family): BalancerContents {
  requireSameEnds(points, family)
  const vips = new Map<string, { key: Uint8Array; value: DataView }>()
  const rings = new Map<string, number>()
  const ring: number[] = []
  const backends: Uint8Array[] = []
  const replies = new Map<string, Entry>()
  // Where translations compete, the first is the one that the evaluator takes.
  for (const point of points) {
    const numbers = new Map(rulesOf(point).map(({ rule }, index) => [rule, index]))
    for (const translation of translationsOf(point)) {
      const number = numbers.get(translation.rule) as number
      if (translation.kind === 'endpoint-out' && translation.vip.family === family)
        for (const [id, entry] of replyEntries(translation, number))
          if (!replies.has(id)) replies.set(id, entry)
      if (translation.kind !== 'endpoint-in' || translation.vip.family !== family) continue
      if (translation.backends.length === 0) continue
      const key = encodeEndKey(translation.vip, translation.port, translation.protocol)
      const id = key.join()
      const entry = vips.get(id) ?? { key, value: new DataView(new ArrayBuffer(vipValue.size)) }
      vips.set(id, entry)
      entry.value.setUint32(translation.hairpin ? vipValue.hairpinRule : vipValue.rule, number, true)
      if (rings.has(id)) continue
      const table = maglevTable(translation.backends.map(({ node }) => node))
      rings.set(id, ring.length)
      entry.value.setUint32(vipValue.ringFirst, ring.length, true)
      entry.value.setUint32(vipValue.ringSize, table.length, true)
      for (const index of table) ring.push(backends.length + index)
      for (const { address, port } of translation.backends) backends.push(encodeEnd(address, port))
    }
  }
  const [lending, ...others] = lendingsOf(points, family)
  if (others.some((other) => lendingKey(other) !== lendingKey(lending as Lending)))
    throw new TypeError(
      `compile ${points[0]?.node}: what its points lend of one egress address must be the same`,
    )
  return {
    borrowers: lending ? borrowerEntries(lending) : [],
    vips: [...vips.values()].map(({ key, value }) => [key, new Uint8Array(value.buffer)]),
    ring: ring.map((index, slot) => [u32(slot), u32(index)]),
    backends: backends.map((value, index) => [u32(index), value]),
    replies: [...replies.values()],
  }
}

const translationsOf = (point: Point): readonly Translation[] =>
  point.tiers.flatMap((tier) => (tier.kind === 'translation' ? tier.translations : []))

/** What points lend of the family's egress address; all of it is the same but for the rule that refuses. */
const lendingsOf = (points: readonly Point[], family: Family): readonly Lending[] =>
  points
    .flatMap(translationsOf)
    .flatMap((translation) => lendingOf(translation) ?? [])
    .filter(({ address }) => address.family === family)

/** Equal where the borrowers' contents are. */
const lendingKey = ({ ports, borrowers, quota }: Lending): string =>
  `${ports.first}-${ports.last} ${quota} ${borrowers.map(({ value }) => value).join()}`

/** Connections that the maps of a balancer must hold of each family: in both families the same, so that they need not be told apart. */
export function connectionsOf(points: readonly Point[]): number {
  const all = ([4, 6] as const).flatMap((family) => lendingsOf(points, family))
  return Math.max(0, ...all.map(({ borrowers, quota }) => runsFor(borrowers.length) * quota))
}

const borrowerEntries = (lending: Lending): readonly Entry[] =>
  lending.borrowers.map((address, index) => {
    const { first, last } = portBlock(lending, index)
    const value = new Uint8Array(borrowerValue.size)
    const view = new DataView(value.buffer)
    view.setUint32(borrowerValue.firstSlot, index * lending.quota, true)
    view.setUint32(borrowerValue.quota, lending.quota, true)
    view.setUint32(borrowerValue.firstPort, first, true)
    view.setUint32(borrowerValue.ports, last - first + 1, true)
    return [ipBytes(address), value] as const
  })

function* replyEntries(translation: EndpointOut, number: number): Iterable<[string, Entry]> {
  const { vip, protocol, port, backends } = translation
  const layout = replyValue(vip.family)
  for (const backend of backends) {
    const key = encodeEndKey(backend.address, backend.port, protocol)
    const value = new Uint8Array(layout.size)
    value.set(encodeEnd(vip, port))
    new DataView(value.buffer).setUint32(layout.rule, number, true)
    yield [key.join(), [key, value]]
  }
}

function encodeEndKey(address: Ip, port: number, protocol: EndpointIn['protocol']): Uint8Array {
  const layout = endKey(address.family)
  const bytes = new Uint8Array(layout.size)
  bytes.set(ipBytes(address), layout.address)
  const view = new DataView(bytes.buffer)
  view.setUint16(layout.port, network16(port), true)
  view.setUint8(layout.protocol, protocol)
  return bytes
}

function encodeEnd(address: Ip, port: number): Uint8Array {
  const layout = endValue(address.family)
  const bytes = new Uint8Array(layout.size)
  bytes.set(ipBytes(address), layout.address)
  new DataView(bytes.buffer).setUint16(layout.port, network16(port), true)
  return bytes
}

function u32(n: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, n, true)
  return bytes
}
