/** The Stanford backbone as terrain of the reachability that proofs use. */
import { Prefix } from '../../../src/net/index.ts'
import type { Match, Point, Rule, RuleTier } from '../../../src/policy/index.ts'
import {
  type Forwarding,
  type PacketSets,
  type Place,
  routing,
  type Terrain,
} from '../../../src/verify/index.ts'
import type { AccessRule, AddressBlock, Backbone, ForwardingRule } from './read.ts'

export function terrainOfBackbone(sets: PacketSets, backbone: Backbone): Terrain {
  const points = new Map(
    Array.from(backbone.lists, ([key, rules]): [string, Point] => [key, pointOf(key, rules)]),
  )
  const placed = new Map(
    backbone.usages.map(({ router, port, direction, lists }) => [
      `${router} ${port} ${direction}`,
      lists.map((list) => points.get(list) as Point),
    ]),
  )
  const tables = new Map<string, Forwarding>()
  const rules = new Map<string, ForwardingRule[]>(backbone.routers.map((router) => [router, []]))
  for (const rule of backbone.forwarding) rules.get(rule.router)?.push(rule)
  return {
    nodes: backbone.routers,
    isWhole: true,
    forwards: () => true,
    level: () => 0,
    forwarding(router) {
      const table = tables.get(router) ?? forwardingOfRouter(sets, backbone, rules.get(router) ?? [])
      tables.set(router, table)
      return table
    },
    points: ({ node, interface: port }, direction) => placed.get(`${node} ${port} ${direction}`) ?? [],
    peers: ({ node, interface: port }) =>
      (backbone.cables.get(`${node} ${port}`) ?? []).map(([to, at]): Place => ({ node: to, interface: at })),
  }
}

/** The physical ports by which a rule sends: those of a VLAN, or one. */
export const portsOf = ({ vlans }: Backbone, router: string, port: string): readonly string[] =>
  vlans.get(`${router} ${port}`) ?? [port]

function forwardingOfRouter(
  sets: PacketSets,
  backbone: Backbone,
  rules: readonly ForwardingRule[],
): Forwarding {
  const { discarded, ...others } = routing(
    sets,
    rules.map((rule) => ({
      prefix: Prefix(4, BigInt(rule.address), rule.length),
      nextHops:
        rule.port === 'self'
          ? []
          : portsOf(backbone, rule.router, rule.port).map((port) => ({ interface: port })),
    })),
  )
  return { ...others, local: discarded, discarded: sets.none }
}

/** An access list as an enforcement point, which may stand on several ports. */
export function pointOf(key: string, rules: readonly AccessRule[]): Point {
  const tier: RuleTier = {
    kind: 'rules',
    name: key,
    rules: rules
      .toSorted((a, b) => b.priority - a.priority)
      .map((rule, at) => ruleOf(`${key}/${at}`, rule.action === 'permit' ? 'allow' : 'deny', matchOf(rule))),
  }
  return {
    id: key,
    kind: 'access-router',
    node: key,
    interfaces: [],
    direction: 'in',
    tiers: [tier],
    defaultDeny: ruleOf('default', 'deny', {}),
  }
}

const ruleOf = (id: string, action: Rule['action'], match: Match): Rule => ({
  id,
  action,
  match,
  origin: { kind: 'built-in', name: 'access list' },
  why: 'An access list of the backbone says so.',
})

function matchOf({ protocols, source, destination, sourcePorts, destinationPorts }: AccessRule): Match {
  const [protocol, last] = protocols
  const ports = (range: readonly [number, number]) => [{ first: range[0], last: range[1] }]
  return {
    family: 4,
    ...(protocol === last && { protocol }),
    ...(source.wildcard !== 0xffff_ffff && { source: prefixesOf(source) }),
    ...(destination.wildcard !== 0xffff_ffff && { destination: prefixesOf(destination) }),
    ...(sourcePorts && { sourcePorts: ports(sourcePorts) }),
    ...(destinationPorts && { destinationPorts: ports(destinationPorts) }),
  }
}

/** Each block once: what is known of a list of prefixes is kept by the list. */
const blocks = new Map<string, readonly Prefix[]>()

function prefixesOf(block: AddressBlock): readonly Prefix[] {
  const key = `${block.address} ${block.wildcard}`
  const prefixes = blocks.get(key) ?? prefixesOfBlock(block)
  blocks.set(key, prefixes)
  return prefixes
}

/** A block is as many prefixes as its wildcard has numbers above its last bits. */
function prefixesOfBlock({ address, wildcard }: AddressBlock): readonly Prefix[] {
  let free = 0
  while ((wildcard >>> free) & 1 && free < 32) free++
  const above = free === 32 ? 0 : ((wildcard >>> free) << free) >>> 0
  const prefixes: Prefix[] = []
  // Every part of a mask, from the whole down to none.
  for (let part = above; ; part = ((part - 1) & above) >>> 0) {
    prefixes.push(Prefix(4, BigInt((address | part) >>> 0), 32 - free))
    if (part === 0) return prefixes
  }
}
