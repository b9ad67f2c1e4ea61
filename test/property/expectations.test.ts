/**
 * Expectations against the walk: of what is said to arrive, random honest packets do, and of what is said never to, no random packet does;
 * each counterexample does what it is shown for.
 */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Network, type Node, parseNetwork } from '../../src/model/index.ts'
import { Ip, Protocol, prefixContains, prefixFirst } from '../../src/net/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { createWorld, type Path, type World, WorldState, walk } from '../../src/trace/index.ts'
import { ProofMemory, prove, type Verdict } from '../../src/verify/index.ts'
import { expectationInvariants } from '../../src/verify/invariants/expectations.ts'
import { Proof } from '../../src/verify/invariants/proof.ts'
import { happens } from '../../src/verify/invariants/testing/happens.ts'
import type { IpHeaders } from '../../src/wire/index.ts'

const file = 'examples/two-sites/network.yaml'
/** Without what it expects itself. */
const example = readFileSync(file, 'utf8').replace(/^expect:\n( .*\n)*/m, '')

function load(expectations: readonly object[]): Network {
  const { network, diagnostics } = parseNetwork(`${example}\nexpect: ${JSON.stringify(expectations)}\n`, {
    file,
  })
  if (!network) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return network
}

const plain = load([])
const policy = derivePolicy(plain)
const world = createWorld(plain, policy)
const memory = new ProofMemory()

const parties = [
  ...['internet', 'vms', 'west/vms', 'hosts', 'fabric-controllers', 'jump-boxes', 'name-servers', 'storage'],
  ...[
    'shop/web',
    'shop/worker',
    'telemetry',
    'tickets/Front',
    'northwind',
    'west/fc1',
    'east/shop-web-1',
    '192.0.2.0/25',
  ],
]
const targets = [
  ...parties,
  'shop/web/https',
  'tickets/Front/Staff',
  'telemetry.west',
  'activation-servers',
  'balancers',
  'vips',
]
const kinds = [
  { protocol: 'tcp', ports: 443 },
  { protocol: 'tcp', ports: [8443, 9000] },
  { protocol: 'tcp', ports: '1-65535' },
  { protocol: 'udp', ports: 53 },
  { protocol: ['tcp', 'udp'], ports: 'dns' },
  { protocol: 'tcp', ports: ['agent', 'fabric'] },
  { protocol: 'icmp' },
  {},
]

const arbitrary = fc.record({
  from: fc.constantFrom(...parties),
  to: fc.constantFrom(...targets),
  kind: fc.constantFrom(...kinds),
  near: fc.boolean(),
  verdict: fc.constantFrom('allow', 'deny'),
})

/** One that holds and one that fails of each verdict; random ones are of all four kinds, but seldom none of one. */
const ofAllKinds = (['allow', 'deny'] as const).flatMap((verdict) =>
  ['shop/web/https', 'hosts'].map(
    (
      to,
    ): [
      { from: string; to: string; kind: (typeof kinds)[number]; near: boolean; verdict: string },
      number,
    ] => [{ from: 'internet', to, kind: { protocol: 'tcp', ports: 443 }, near: false, verdict }, 1],
  ),
)

const isOutside = (at: World, node: string): boolean => ['internet', 'isp'].includes(at.node(node).kind)

/** Packets that the senders of a class may send to its destinations, honestly or with any source. */
function packetsOf(
  network: Network,
  random: () => number,
  honestly: boolean,
): readonly { from: Node; packet: IpHeaders }[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const [expectation] = network.expectations
  const found: { from: Node; packet: IpHeaders }[] = []
  for (let tries = 0; tries < 60; tries++) {
    const { from, to, protocol: wanted, ports } = pick(expectation?.classes ?? [])
    const senders = network.nodes.filter(
      ({ addresses, kind }) =>
        kind !== 'isp' && addresses.some((address) => from.some((one) => prefixContains(one, address))),
    )
    const sender = pick(senders)
    const all = network.nodes.flatMap(({ addresses }) => addresses)
    const own = sender.addresses.filter((address) => from.some((one) => prefixContains(one, address)))
    const forger =
      !honestly && !['balancer', 'access-router', 'distribution-router', 'internet'].includes(sender.kind)
    const source = pick(forger ? all : own)
    const vips = network.services.flatMap(({ deployments }) => deployments.flatMap((each) => each.vips))
    const within = [...all, ...vips].filter(
      (address) => address.family === source.family && to.some((one) => prefixContains(one, address)),
    )
    const literal = to
      .filter(({ family }) => family === source.family)
      .map((one) => Ip(one.family, prefixFirst(one).value + 9n))
    const destination = pick(within.length > 0 ? within : literal)
    if (!destination || sender.addresses.some((address) => address.value === destination.value)) continue
    const protocol =
      wanted ?? pick([Protocol.tcp, Protocol.udp, source.family === 4 ? Protocol.icmp : Protocol.icmp6])
    if (
      (protocol === Protocol.icmp) !== (source.family === 4) &&
      (protocol === Protocol.icmp || protocol === Protocol.icmp6)
    )
      continue
    const withPorts = protocol === Protocol.tcp || protocol === Protocol.udp
    const range = ports ? pick(ports) : { first: 0, last: 65_535 }
    const echo = protocol === Protocol.icmp ? 8 : protocol === Protocol.icmp6 ? 128 : 0
    found.push({
      from: sender,
      packet: {
        kind: 'ip',
        family: source.family,
        source,
        destination,
        protocol,
        hopLimit: 64,
        sourcePort: withPorts || echo ? Math.floor(random() * 65_536) : 0,
        destinationPort: withPorts ? range.first + Math.floor(random() * (range.last - range.first + 1)) : 0,
        tcpFlags: protocol === Protocol.tcp ? 2 : 0,
        icmpType: echo,
        icmpCode: 0,
      },
    })
  }
  return found
}

const arrives = ({ end }: Path, to: IpHeaders): boolean =>
  end.kind === 'delivered' ||
  (isOutside(world, end.node) &&
    !plain.nodes.some(({ addresses }) => addresses.some(({ value }) => value === to.destination.value)))

/** Whether somebody sends a packet that the first expectation is about. */
function asksSomething(network: Network): boolean {
  const proof = new Proof(network, policy, { memory })
  const [invariant] = expectationInvariants(network)
  const asked = invariant?.expectation.verdict === 'allow' ? invariant.flows : invariant?.absences
  return [...(asked?.(proof) ?? [])].some(({ emissions }) =>
    emissions.some(({ packets }) => packets !== proof.sets.none),
  )
}

describe('an expectation', () => {
  it('holds if and only if no walk says otherwise', () => {
    const held = { allow: 0, deny: 0 }
    const failed = { allow: 0, deny: 0 }
    fc.assert(
      fc.property(arbitrary, fc.integer(), ({ from, to, kind, near, verdict }, seed) => {
        // An endpoint has its own protocol and port.
        const rest = /^\w+\/\w+\/\w+$/.test(to) ? {} : kind
        let network: Network
        try {
          // biome-ignore lint/suspicious/noThenProperty: a key of the file
          network = load([{ from, to, ...rest, 'same-site': near, then: verdict }])
        } catch (error) {
          // Nobody is there, or no packet can be so.
          expect(String(error)).toMatch(
            /nobody has|can never match|no site has|sends nothing to itself|never meets this network|nobody who is addressed/,
          )
          return
        }
        expect(asksSomething(network), `${from} to ${to}`).toBe(true)
        const verdictOf = prove(network, policy, { most: 2, only: ['expect:1'], memory })[0] as Verdict
        let state = seed >>> 0
        const random = () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
          return state / 2 ** 32
        }
        const key = verdict as 'allow' | 'deny'
        if (!verdictOf.holds) {
          failed[key]++
          expect(verdictOf.counterexamples.length).toBeGreaterThan(0)
          for (const example of verdictOf.counterexamples)
            expect(happens(world, example), `${example.sender} at ${example.at}`).toBe(true)
          return
        }
        held[key]++
        for (const { from: sender, packet } of packetsOf(network, random, verdict === 'allow'))
          for (const path of walk(world, new WorldState(), sender.id, packet)) {
            const text = `${sender.id} ${JSON.stringify(packet, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`
            if (verdict === 'allow') expect(arrives(path, packet), text).toBe(true)
            else expect(path.end.kind === 'delivered' && !isOutside(world, path.end.node), text).toBe(false)
          }
      }),
      { numRuns: 60, examples: ofAllKinds },
    )
    for (const count of [...Object.values(held), ...Object.values(failed)]) expect(count).toBeGreaterThan(0)
  })
})
