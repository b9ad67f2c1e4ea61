/** What is derived after random edits of a file, from what of it is otherwise, is what is derived from the whole file. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  infrastructureClients,
  type Network,
  neighboursOf,
  networkChanges,
  nodeById,
  nodesOfKind,
  parseNetwork,
  type Route,
  Sameness,
  type Service,
  serviceByName,
  virtualEndpoints,
  vmsOfRole,
} from '../../../src/model/index.ts'
import { formatPrefix } from '../../../src/net/index.ts'
import { Derivation, derivePolicy, type Policy, pointsOfNode } from '../../../src/policy/index.ts'
import { createWorld } from '../../../src/trace/index.ts'
import { worldAfter } from '../../../src/verify/update/difference.ts'
import { randomFrom } from '../../support/random.ts'
import { randomText } from '../plan/random-change.ts'

/** Guests, audit mode, access lists and names relative to a machine, which the network of random edits has not. */
const more = (text: string, seed: number): string =>
  seed % 2 === 0
    ? text
    : text
        .replace(
          /( {6}web:\n)/,
          `$1        guest:\n          rules:\n            - { name: web, allow: in, protocol: tcp, ports: 8443 }\n            - { name: mail, deny: out, protocol: tcp, ports: ${seed % 3 === 0 ? 25 : 26} }\n`,
        )
        .replace(
          /( {4}hosts: \d\n)/,
          `$1    audit: [hypervisor/role${seed % 5 === 0 ? ', host/default' : ''}]\n`,
        )

function loaded(text: string, known?: Network): Network {
  const { network, diagnostics } = parseNetwork(text, known && { known })
  if (!network) throw new Error(`${diagnostics.map(({ message }) => message).join('; ')}\n${text}`)
  return network
}

/** Without where it was written, and why. */
const said = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, part) =>
      key === 'origin' || key === 'why' || key === 'at'
        ? undefined
        : typeof part === 'bigint'
          ? `${part}`
          : part,
    ),
  )

/** Their order has no meaning. */
const inOrder = (routes: readonly Route[]): readonly Route[] =>
  routes.toSorted((a, b) => (formatPrefix(a.prefix) < formatPrefix(b.prefix) ? -1 : 1))

/** What a network has, and finds when it is asked. */
const looks = (network: Network): unknown => ({
  nodes: said(network.nodes),
  links: said(network.links),
  endpoints: said(virtualEndpoints(network)),
  services: network.services.map(({ name }) =>
    network.services.indexOf(serviceByName(network, name) as Service),
  ),
  found: network.nodes.map((node) => {
    const { id, site, kind, vm } = node
    return [
      nodeById(network, id) === node,
      neighboursOf(network, id).map(({ node: other, link, near, far }) => [
        other === nodeById(network, other.id),
        network.links.includes(link),
        near.interface,
        far.interface,
      ]),
      nodesOfKind(network, site, kind).map((other) => [other.id, network.nodes.includes(other)]),
      vm && vmsOfRole(network, site ?? '', vm.service, vm.role).map((other) => other.id),
      said(node.listeners.map((listener) => infrastructureClients(network, node, listener))),
    ]
  }),
})

it('the same network and points, in the same order, on the same interfaces, after edits', {
  timeout: 300_000,
}, () => {
  let [parts, changed] = [0, 0]
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0 }), fc.integer({ min: 0 }), (seed, before, after) => {
      const { text, story } = randomText(randomFrom(seed))
      const old = loaded(more(randomText(randomFrom(before)).text, before))
      const next = loaded(more(text, after))
      const again = loaded(more(text, after), old)
      expect(again, story).toEqual(next)
      const sameness = new Sameness()
      const changes = networkChanges(old, again, sameness)
      if (!changes) return
      parts++
      const base = Derivation.of(old)
      expect(looks(changes.network), story).toEqual(looks(next))
      const found = base.after(changes.network, changes, sameness)
      const earlier = createWorld(old, base.policy)
      const world = worldAfter(earlier, changes.network, found.policy, changes.machines, sameness)
      const whole = createWorld(next, found.policy)
      for (const { id } of next.nodes)
        expect(inOrder(world.routes(id)), story).toEqual(inOrder(whole.routes(id)))
      const policy = derivePolicy(next)
      expect(said(found.policy), story).toEqual(said(policy))
      const at = (of: Policy) => next.nodes.map(({ id }) => pointsOfNode(of, id).map((point) => point.id))
      expect(at(found.policy), story).toEqual(at(policy))
      const known = new Map(base.policy.points.map((point) => [point.id, point]))
      const otherwise = found.policy.points.filter((point) => known.get(point.id) !== point)
      expect(found.changes.flatMap(({ is }) => is?.id ?? []).sort()).toEqual(
        otherwise.map(({ id }) => id).sort(),
      )
      const left = new Set(found.policy.points.map(({ id }) => id))
      expect(found.changes.flatMap(({ was, is }) => (was && !is ? [was.id] : [])).sort()).toEqual(
        [...known.keys()].filter((id) => !left.has(id)).sort(),
      )
      changed += otherwise.length
    }),
    { numRuns: 60 },
  )
  expect(parts).toBeGreaterThan(0)
  expect(changed).toBeGreaterThan(0)
})
