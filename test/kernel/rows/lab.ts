/** The small network, up in the kernel, for tests that show a requirement by real packets. */
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import {
  closeNamespace,
  openNetlink,
  openPacketSocket,
  type PacketSocket,
} from '../../../src/kernel/index.ts'
import { bringUpKernel, type KernelFabric } from '../../../src/lab/index.ts'
import {
  type Fixture,
  fixtureOf,
  moved,
  openings,
  packetsByRule,
  sumOf,
  type Target,
} from '../../../src/lab/testing/fixture.ts'
import { addressOf, smallNetwork } from '../../../src/lab/testing/small-network.ts'
import { type LinkEnd, type Network, neighboursOf } from '../../../src/model/index.ts'
import { type Family, type Ip, ip } from '../../../src/net/index.ts'
import { derivePolicy, type Point, type Policy } from '../../../src/policy/index.ts'
import { converse, type Opening, type Outcome } from '../../../src/trace/index.ts'
import { namespaceOf } from '../inside.ts'
import { describeKernel } from '../requirements.ts'

/** What is sent, and what must become of it. */
export interface Shown {
  readonly from: string
  /** A node, `vip:<service>`, or an address. */
  readonly to: Target
  /** Default: tcp. */
  readonly protocol?: Opening['protocol']
  readonly port?: number
  /** Node or address whose address the packet bears; default: the sender's own. */
  readonly as?: string
  readonly outcome: Outcome
  /** Of what is silent: the kind of point that stops it, its tier, and its rule if that matters. */
  readonly stop?: readonly [kind: Point['kind'], tier: string, rule?: string]
}

export interface RowLab {
  readonly fixture: Fixture
  fabric(): KernelFabric
  /**
   * Sends each packet in both families, really; compares what the sender saw, where the tracer says it ended, and that the counters of
   * these very rules moved by as many.
   */
  show(...rows: readonly Shown[]): Promise<void>
  /** Sends, and gives what each rule's counter moved by, by `<point> <rule>`. */
  movedBy(list: readonly Opening[]): Promise<ReadonlyMap<string, number>>
  opening(row: Omit<Shown, 'outcome'>, family: Family): Opening
  /** A packet socket on the node's interface towards a neighbour, for frames that no socket of the system sends. */
  wire(node: string, neighbour: string): Wire
  /** Writes a frame, waits until it is judged, and gives what each rule's counter moved by. */
  movedByFrame(wire: Wire, frame: Uint8Array): Promise<ReadonlyMap<string, number>>
}

export interface Wire extends PacketSocket {
  readonly near: LinkEnd
  readonly far: LinkEnd
}

const families: readonly Family[] = [4, 6]

/**
 * A suite with the network up.
 * @param change the network file's text, edited
 * @param alter the policy, with something missing that would hide what is to be shown
 */
export function describeRow(
  title: string,
  suite: (lab: RowLab) => void,
  change?: (text: string) => string,
  alter: (policy: Policy) => Policy = (same) => same,
): void {
  describeKernel(title, () => {
    describe('in the running network', () => {
      const network = smallNetwork(change)
      const fixture = fixtureOf(network, alter(derivePolicy(network)))
      const make = openings(network)
      let fabric: KernelFabric
      beforeAll(async () => {
        fabric = await bringUpKernel({ network, deployment: fixture.deployment })
      })
      const wires: Wire[] = []
      afterAll(async () => {
        for (const each of wires) each.close()
        await fabric?.close()
      })

      const opening = (
        { from, to, protocol = 'tcp', port = 0, as }: Omit<Shown, 'outcome'>,
        family: Family,
      ) => {
        const literal = /[:.]/.test(to) && !to.startsWith('vip:')
        const made = make(from, literal ? from : to, family, protocol, port)
        return {
          ...made,
          ...(literal && { destination: ip(to) }),
          ...(as !== undefined && { source: sourceOf(network, as, family) }),
        }
      }
      const movedBy = async (list: readonly Opening[]) => {
        const before = packetsByRule(fabric, fixture)
        await fabric.probe(list)
        return moved(before, packetsByRule(fabric, fixture))
      }
      const wire = (node: string, neighbour: string): Wire => {
        const found = neighboursOf(network, node).find((each) => each.node.id === neighbour)
        if (!found) throw new TypeError(`test: ${node} has no link to ${neighbour}`)
        const namespace = namespaceOf(fabric, node)
        const netlink = openNetlink(namespace)
        try {
          const link = netlink.links().find(({ name }) => name === found.near.interface)
          const { near, far } = found
          const opened = { ...openPacketSocket(namespace, link?.index as number), near, far }
          wires.push(opened)
          return opened
        } finally {
          netlink.close()
          closeNamespace(namespace)
        }
      }
      const movedByFrame = async (socket: Wire, frame: Uint8Array) => {
        const before = packetsByRule(fabric, fixture)
        socket.send(frame)
        // Programs judge a frame before `send` returns, unless a queue of the kernel is in between.
        await setTimeout(20)
        return moved(before, packetsByRule(fabric, fixture))
      }
      const show = async (...rows: readonly Shown[]) => {
        const cases = rows.flatMap((row) =>
          families
            .filter((family) => !isLiteralOfOther(row, family))
            .map((family) => ({ row, family, sent: opening(row, family) })),
        )
        const before = packetsByRule(fabric, fixture)
        const observed = await fabric.probe(cases.map(({ sent }) => sent))
        const counts = moved(before, packetsByRule(fabric, fixture))
        const expected = new Map<string, number>()
        for (const [index, { row, family, sent }] of cases.entries()) {
          const told = `${row.from} → ${row.to} ${row.protocol ?? 'tcp'} ${row.port ?? ''} IPv${family}`
          expect([told, observed[index]?.outcome]).toEqual([told, row.outcome])
          if (!row.stop) continue
          const stops = converse(fixture.world, sent).stops.flatMap(({ end }) =>
            end.kind === 'denied' ? [end] : [],
          )
          expect(stops.length, told).toBeGreaterThan(0)
          for (const { point, tier, rule } of stops)
            expect([told, point.kind, tier, ...(row.stop[2] ? [rule.id] : [])]).toEqual([told, ...row.stop])
          // Equal ways make one account of a rule on each.
          const account = stops
            .map(({ point, rule }) => `${point.id} ${rule.id}`)
            .sort()
            .join('|')
          expected.set(account, (expected.get(account) ?? 0) + 1)
        }
        for (const [account, packets] of expected)
          expect([account, sumOf(counts, account.split('|'))]).toEqual([account, packets])
      }
      suite({ fixture, fabric: () => fabric, show, movedBy, opening, wire, movedByFrame })
    })
  })
}

const isLiteralOfOther = ({ to, as }: Shown, family: Family): boolean =>
  [to, as].some(
    (text) => text !== undefined && /^[\d.]+$|::/.test(text) && text.includes(':') !== (family === 6),
  )

const sourceOf = (network: Network, as: string, family: Family): Ip =>
  /^[\d.]+$|::/.test(as) ? ip(as) : addressOf(network, as, family)
