/** The Stanford backbone as atoms. */

import type { DiagramSet } from '../../../src/verify/diagram/index.ts'
import {
  type AtomNetwork,
  type AtomRoute,
  type Exit,
  type HeaderClasses,
  headerClasses,
  type PacketSets,
  PointDecisions,
  RoutingTables,
} from '../../../src/verify/index.ts'
import type { Backbone, ForwardingRule } from './read.ts'
import { pointOf, portsOf } from './terrain.ts'

export interface BackboneAtoms {
  readonly network: AtomNetwork
  readonly headers: HeaderClasses
  /** What each filter lets pass. */
  readonly filters: readonly DiagramSet[]
  /** The number of `self`: delivered, or discarded. */
  readonly self: number
  /** Ports of a router that lead to no other, each with the actions that send by it. */
  leaving(node: number): readonly Leaving[]
  routeOf(rule: ForwardingRule): AtomRoute
}

export interface Leaving {
  readonly actions: readonly number[]
  readonly filters: readonly number[]
}

/** @param routed whether the rules are put into the tables; else that is left to the caller */
export function atomsOfBackbone(sets: PacketSets, backbone: Backbone, routed = true): BackboneAtoms {
  const ports = [...new Set(['self', ...backbone.forwarding.map(({ port }) => port)])]
  const actions = new Map(ports.map((port, at) => [port, at]))
  const nodes = new Map(backbone.routers.map((router, at) => [router, at]))
  const { filters, numbers } = distinct(sets, backbone)
  const filtersAt = new Map(
    backbone.usages.map(({ router, port, direction, lists }) => [
      `${router} ${port} ${direction}`,
      lists.map((list) => numbers.get(list) as number),
    ]),
  )
  const headers = headerClasses(sets, sets.all, filters)
  const tables = new RoutingTables(nodes.size)
  const routeOf = ({ router, address, length, port }: ForwardingRule): AtomRoute => ({
    node: nodes.get(router) as number,
    address,
    length,
    action: actions.get(port) as number,
  })
  if (routed) for (const rule of backbone.forwarding) tables.insert(routeOf(rule))
  const at = (router: string, port: string, direction: string) =>
    filtersAt.get(`${router} ${port} ${direction}`) ?? []
  const exits = (node: number, action: number): readonly Exit[] => {
    const router = backbone.routers[node] as string
    const port = ports[action] as string
    if (port === 'self') return []
    return portsOf(backbone, router, port).flatMap((each): readonly Exit[] => {
      const out = at(router, each, 'out')
      const cables = backbone.cables.get(`${router} ${each}`)
      if (!cables) return [{ filters: out }]
      return cables.map(([to, other]) => ({
        to: nodes.get(to) as number,
        filters: [...out, ...at(to, other, 'in')],
      }))
    })
  }
  const used = new Map<string, Set<string>>(backbone.routers.map((router) => [router, new Set()]))
  for (const { router, port } of backbone.forwarding) used.get(router)?.add(port)
  const leaving = (node: number): readonly Leaving[] => {
    const router = backbone.routers[node] as string
    const byPort = new Map<string, number[]>()
    for (const port of used.get(router) ?? [])
      for (const each of port === 'self' ? [] : portsOf(backbone, router, port))
        if (!backbone.cables.has(`${router} ${each}`))
          byPort.set(each, [...(byPort.get(each) ?? []), actions.get(port) as number])
    return Array.from(byPort, ([port, list]) => ({ actions: list, filters: at(router, port, 'out') }))
  }
  return {
    network: { tables, exits: remembered(exits) },
    headers,
    filters,
    self: 0,
    leaving,
    routeOf,
  }
}

/** What each access list lets pass, once for all that say the same; and the number of each list's. */
function distinct(sets: PacketSets, { lists }: Backbone) {
  const decisions = new PointDecisions(sets)
  const known = new Map<string, number>()
  const numbers = new Map<string, number>()
  const filters: DiagramSet[] = []
  for (const [key, rules] of lists) {
    const text = JSON.stringify(rules)
    let number = known.get(text)
    if (number === undefined) {
      number = filters.length
      known.set(text, number)
      filters.push(decisions.allowed(pointOf(key, rules)))
    }
    numbers.set(key, number)
  }
  return { filters, numbers }
}

function remembered(exits: AtomNetwork['exits']): AtomNetwork['exits'] {
  const known = new Map<number, readonly Exit[]>()
  return (node, action) => {
    const key = node * 65_536 + action
    const found = known.get(key) ?? exits(node, action)
    known.set(key, found)
    return found
  }
}
