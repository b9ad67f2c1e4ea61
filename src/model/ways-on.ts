/**
 * Which nodes of the rows between the Internet and the machines still lead somewhere. A router that has lost every way on is not used,
 * as a routing protocol withdraws what it has lost; while nothing has failed, all lead on.
 */
import type { Network, NodeKind } from './network.ts'
import { neighboursOf, nodesOfKind } from './select.ts'

export interface WaysOn {
  /** Ids of providers, access routers and balancers from which the Internet is reached. */
  readonly up: ReadonlySet<string>
  /** Ids of those from which a distribution router of their site is reached. */
  readonly down: ReadonlySet<string>
}

/** The row, and the one that it leads to, nearest to the goal first. */
type Steps = readonly (readonly [row: NodeKind, next: NodeKind])[]

const upward: Steps = [
  ['isp', 'internet'],
  ['access-router', 'isp'],
  ['balancer', 'access-router'],
]

const downward: Steps = [
  ['balancer', 'distribution-router'],
  ['access-router', 'balancer'],
  ['isp', 'access-router'],
]

const cache = new WeakMap<Network, WaysOn>()

export function waysOn(network: Network): WaysOn {
  const known = cache.get(network)
  if (known) return known
  const made: WaysOn = { up: leading(network, upward), down: leading(network, downward) }
  cache.set(network, made)
  return made
}

function leading(network: Network, steps: Steps): ReadonlySet<string> {
  const goal = steps[0]?.[1]
  const found = new Set<string>()
  for (const [row, next] of steps)
    for (const { name } of network.sites)
      for (const { id } of nodesOfKind(network, name, row)) {
        const leads = neighboursOf(network, id).some(
          ({ node }) => node.kind === next && (next === goal || found.has(node.id)),
        )
        if (leads) found.add(id)
      }
  return found
}
