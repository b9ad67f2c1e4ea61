/** Atoms against tables that are looked through rule by rule, and packets that are followed one by one. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostPrefix, Ip, Prefix, Protocol } from '../../net/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import { PacketSets } from '../packets/index.ts'
import {
  AtomReach,
  type AtomRoute,
  Cycles,
  type Exit,
  headerClasses,
  noAction,
  RoutingTables,
} from './index.ts'

const nodes = 4
/** Action n: 0 is delivery; others lead to a node through at most one filter, or out. */
const exitsOf = (action: number): readonly Exit[] => {
  if (action === 0) return []
  const filters = action % 3 === 0 ? [] : [(action % 3) - 1]
  if (action === 7) return [{ filters }]
  if (action === 8)
    return [
      { filters, to: 0 },
      { filters: [], to: 2 },
    ]
  return [{ filters, to: action % nodes }]
}

/** Addresses lie in 16 numbers at the top, so that prefixes meet. */
const base = 0xffff_fff0
const route = fc
  .record({
    node: fc.nat(nodes - 1),
    address: fc.integer({ min: 0, max: 15 }),
    length: fc.constantFrom(0, 28, 29, 30, 31, 32),
    action: fc.nat(8),
  })
  .map(({ address, length, ...rest }): AtomRoute => {
    const size = 2 ** (32 - length)
    const full = base + address
    return { ...rest, length, address: full - (full % size) }
  })

const prefixKey = ({ node, address, length }: AtomRoute) => `${node} ${address}/${length}`

/** The action of the longest prefix. */
function lookup(routes: readonly AtomRoute[], node: number, address: number): number {
  const holding = routes.filter(
    (each) =>
      each.node === node &&
      Math.floor(address / 2 ** (32 - each.length)) * 2 ** (32 - each.length) === each.address,
  )
  return holding.sort((a, b) => b.length - a.length)[0]?.action ?? noAction
}

const sample = [0, 5, base - 1, ...Array.from({ length: 16 }, (_, at) => base + at)]
const at = (tables: RoutingTables, address: number) =>
  tables.intervals.nameAt(tables.intervals.placeOf(address))

describe('tables', () => {
  it('say what the longest prefix says, after whatever is put in and taken out', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(route, fc.boolean()), { maxLength: 40 }), (changes) => {
        const tables = new RoutingTables(nodes)
        const there = new Map<string, AtomRoute>()
        for (const [each, removes] of changes) {
          const before = sample.map((address) => lookup([...there.values()], each.node, address))
          const key = prefixKey(each)
          if (removes && there.delete(key)) tables.remove(each)
          else {
            there.set(key, each)
            tables.insert(each)
          }
          const routes = [...there.values()]
          for (const [index, address] of sample.entries()) {
            const after = lookup(routes, each.node, address)
            expect(tables.action(each.node, at(tables, address))).toBe(after)
            expect(tables.touched.includes(at(tables, address))).toBe(after !== before[index])
          }
        }
        for (let node = 0; node < nodes; node++)
          for (const address of sample)
            expect(tables.action(node, at(tables, address))).toBe(lookup([...there.values()], node, address))
      }),
      { numRuns: 300 },
    )
  })

  it('do not take out what is not there', () => {
    const tables = new RoutingTables(1)
    tables.insert({ node: 0, address: 0, length: 0, action: 1 })
    expect(() => tables.remove({ node: 0, address: 0, length: 1 })).toThrow('remove a route')
  })
})

const packet = (destination: number, protocol: number): IpHeaders => ({
  kind: 'ip',
  family: 4,
  source: Ip(4, 1n),
  destination: Ip(4, BigInt(destination)),
  protocol,
  hopLimit: 64,
  sourcePort: 0,
  destinationPort: 0,
  tcpFlags: 0,
  icmpType: 0,
  icmpCode: 0,
})
const protocols = [Protocol.tcp, Protocol.udp]

/** A filter lets pass a protocol, and any to some destinations. */
const filter = fc.record({
  protocol: fc.constantFrom(...protocols),
  destinations: fc.uniqueArray(fc.integer({ min: 0, max: 15 }), { maxLength: 3 }),
})
type Filter = { readonly protocol: number; readonly destinations: readonly number[] }
const lets = (filters: readonly Filter[], numbers: readonly number[], { destination, protocol }: IpHeaders) =>
  numbers.every((number) => {
    const each = filters[number] as Filter
    return each.protocol === protocol || each.destinations.includes(Number(destination.value) - base)
  })

describe('reach', () => {
  it('is that of single packets, and so are rounds', () => {
    fc.assert(
      fc.property(fc.array(route, { maxLength: 25 }), fc.tuple(filter, filter), (list, filters) => {
        const routes = [...new Map(list.map((each) => [prefixKey(each), each])).values()]
        const sets = new PacketSets()
        const passing = filters.map(({ protocol, destinations }) =>
          sets.union([
            sets.match({ protocol }),
            sets.match({ destination: destinations.map((each) => hostPrefix(Ip(4, BigInt(base + each)))) }),
          ]),
        )
        const classes = headerClasses(sets, sets.all, passing)
        const tables = new RoutingTables(nodes)
        for (const each of routes) tables.insert(each)
        const reach = new AtomReach({ tables, exits: (_, action) => exitsOf(action) }, classes)
        const circling = reach.circling()
        for (let from = 0; from < nodes; from++) {
          const came = reach.from(from, reach.all)
          for (const address of sample)
            for (const protocol of protocols) {
              const one = packet(address, protocol)
              const header = sets.valueFor(classes.of, one) - 1
              const next = (node: number) =>
                exitsOf(Math.max(0, lookup(routes, node, address))).flatMap(({ to, filters: passed }) =>
                  to !== undefined && lets(filters, passed, one) ? [to] : [],
                )
              const visited = new Set([from])
              for (const node of visited) for (const each of next(node)) visited.add(each)
              let round: ReadonlySet<number> = new Set(Array.from({ length: nodes }, (_, node) => node))
              for (let hop = 0; hop < nodes; hop++) round = new Set([...round].flatMap(next))
              const atom = at(tables, address)
              came.forEach((bits, node) => {
                expect(reach.has(bits, header, atom)).toBe(visited.has(node))
                const action = lookup(routes, node, address)
                if (visited.has(node)) expect(reach.does(node, action, bits)).toBe(true)
                expect(reach.does(node, 9, bits)).toBe(false)
                expect(reach.has(circling[node] as Uint32Array, header, atom)).toBe(round.has(node))
              })
            }
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('cycles', () => {
  it('are found by whoever is on one, and by nobody else', () => {
    fc.assert(
      fc.property(fc.array(route, { maxLength: 20 }), (routes) => {
        const tables = new RoutingTables(nodes)
        for (const each of routes) tables.insert(each)
        const cycles = new Cycles({ tables, exits: (_, action) => exitsOf(action) })
        for (const address of sample) {
          const atom = at(tables, address)
          const next = (node: number) =>
            exitsOf(Math.max(0, tables.action(node, atom))).flatMap(({ to }) =>
              to === undefined ? [] : [to],
            )
          for (let node = 0; node < nodes; node++) {
            const behind = new Set(next(node))
            for (const each of behind) for (const further of next(each)) behind.add(further)
            expect(cycles.through(node, atom)).toBe(behind.has(node))
          }
        }
      }),
    )
  })
})

describe('classes of headers', () => {
  it('have the destinations of their packets, and no others', () => {
    const sets = new PacketSets()
    const web = sets.match({ protocol: Protocol.tcp, destination: [Prefix(4, 0x0a00_0000n, 8)] })
    const { count, passed, destinations } = headerClasses(sets, sets.all, [web, sets.family(6)])
    expect(count).toBe(2)
    const [inside] = [...(passed[0] as ReadonlySet<number>)] as [number]
    expect(destinations[inside]).toEqual([[0x0a00_0000, 0x0aff_ffff]])
    expect(destinations[1 - inside]).toEqual([[0, 0xffff_ffff]])
    expect(passed[1]).toEqual(new Set())
  })
})
