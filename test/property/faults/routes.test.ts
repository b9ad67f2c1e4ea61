/** Routes that are missing, or lead elsewhere, at an access router and at a balancer: each is found by some invariant. */
import { describe, expect, it } from 'vitest'
import type { Network, NodeKind, Route } from '../../../src/model/index.ts'
import { formatPrefix } from '../../../src/net/index.ts'
import { derivePolicy } from '../../../src/policy/index.ts'
import { createWorld } from '../../../src/trace/index.ts'
import { ProofMemory, prove } from '../../../src/verify/index.ts'
import { withFault } from '../../../src/verify/invariants/testing/random-fault.ts'
import { loadFiles, written } from './written.ts'

const network = loadFiles(written).network as Network
const policy = derivePolicy(network)
const world = createWorld(network, policy)
const memory = new ProofMemory()

interface RouteFault {
  readonly name: string
  readonly node: string
  readonly routes: readonly Route[]
}

/** Every so-many of a table, the same in each run. */
const share = 2

const waysOf = (hops: Route['nextHops']): string => hops.map((hop) => hop.interface).join()

function faultsAt(kind: NodeKind): readonly RouteFault[] {
  const node = network.nodes.find((each) => each.kind === kind)?.id as string
  const table = world.routes(node)
  return table.flatMap((route, index): RouteFault[] => {
    if (index % share > 0) return []
    const what = `${node} to ${formatPrefix(route.prefix)}`
    const other = table.find(
      ({ prefix, nextHops }) =>
        prefix.family === route.prefix.family && waysOf(nextHops) !== waysOf(route.nextHops),
    )
    const led = other && { ...route, nextHops: other.nextHops }
    return [
      { name: `${what}: removed`, node, routes: table.filter((each) => each !== route) },
      ...(led
        ? [
            {
              name: `${what}: led elsewhere`,
              node,
              routes: table.map((each) => (each === route ? led : each)),
            },
          ]
        : []),
    ]
  })
}

const faults = (['access-router', 'balancer'] as const).flatMap(faultsAt)
const byPackets = ['no-loops', 'no-black-holes', 'equal-ways']

function found({ name, node, routes }: RouteFault): readonly string[] {
  const spoilt = withFault(world, { name, policy, routes: new Map([[node, routes]]) })
  const only = [...byPackets, 'sites-alike']
  const broken = prove(network, policy, { memory, most: 1, only, world: spoilt }).filter(
    ({ holds }) => !holds,
  )
  return broken.map(({ invariant }) => invariant.id)
}

describe('a route that is not what it was', () => {
  it('is found: by packets that it loses or leads otherwise, or since the other site has it', () => {
    const all = faults.map((fault) => ({ name: fault.name, by: found(fault) }))
    expect(all.length).toBeGreaterThanOrEqual(30)
    expect(all.filter(({ by }) => by.length === 0)).toEqual([])
    expect(all.filter(({ by }) => byPackets.some((id) => by.includes(id))).length).toBeGreaterThanOrEqual(5)
  }, 300_000)
})
