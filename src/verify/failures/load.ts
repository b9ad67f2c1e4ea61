/**
 * What elements carry after a failure, by the declared demands and the routes that are derived of what is left; and which are to carry more
 * than they can.
 */
import type { Rate } from '../../file/index.ts'
import {
  capacityOf,
  groupBy,
  type Link,
  type Network,
  type Node,
  nodeById,
  type Rated,
} from '../../model/index.ts'
import type { Ip } from '../../net/index.ts'
import { demandsOf, type Flow, flowsOf, type SiteDemand } from './demand.ts'
import { add, Spreads } from './spread.ts'
import { gateOf } from './stand-ins.ts'
import type { Ways } from './ways.ts'

type Unit = 'bits' | 'packets'

/** An element that is to carry more than it can. */
export interface Overload {
  readonly id: string
  readonly kind: Node['kind'] | 'link'
  /** Of a link: the node that it leads to this way. */
  readonly towards?: string
  /** A second. */
  readonly load: number
  readonly capacity: number
  readonly unit: Unit
  /** What fills it, the most first. */
  readonly parts: readonly { readonly demand: SiteDemand; readonly load: number }[]
}

/** Something that carries: a node both ways together, or an element one way. */
interface Carrier {
  readonly id: string
  readonly kind: Overload['kind']
  readonly towards?: string
  /** Share of a flow that it carries. */
  readonly keys: readonly string[]
  readonly capacity: Rate
}

export class Loads {
  readonly demands: readonly SiteDemand[]
  /** Elements whose capacity is declared. */
  readonly rated: number
  readonly #carriers: readonly Carrier[]

  constructor(network: Network) {
    this.demands = demandsOf(network)
    const declared = <T extends Rated>(elements: readonly T[]): (readonly [T, Rate])[] =>
      elements.flatMap((element) => {
        const capacity = capacityOf(network, element)
        return capacity ? [[element, capacity] as const] : []
      })
    const [nodes, links] = [declared<Node>(network.nodes), declared<Link>(network.links)]
    this.rated = nodes.length + links.length
    this.#carriers = [...nodes.flatMap(carriersOfNode), ...links.flatMap(carriersOfLink)]
  }

  /** Of what is left, if anything is declared. @param lost names of sites that fail as a whole */
  overloads(ways: Ways, lost: ReadonlySet<string> = new Set()): readonly Overload[] {
    if (this.#carriers.length === 0 || this.demands.length === 0) return []
    const spreads = new Spreads(ways)
    const flows = flowsOf(ways, spreads, this.demands, lost)
    const sums = this.#sums(ways, spreads, flows)
    return this.#carriers.flatMap((carrier) =>
      (['bits', 'packets'] as const).flatMap((unit): Overload[] => {
        const capacity = carrier.capacity[unit]
        const load = total(carrier, sums[unit])
        if (capacity === undefined || load <= capacity * (1 + 1e-9)) return []
        const { id, kind, towards } = carrier
        const parts = this.#parts(carrier, unit, ways, spreads, flows)
        return [{ id, kind, ...(towards !== undefined && { towards }), load, capacity, unit, parts }]
      }),
    )
  }

  /** What every node and link carries, by `NODE in`, `NODE out` and `FROM TO`; a second. */
  carried(
    ways: Ways,
    lost: ReadonlySet<string> = new Set(),
  ): Readonly<Record<Unit, ReadonlyMap<string, number>>> {
    const spreads = new Spreads(ways)
    return this.#sums(ways, spreads, flowsOf(ways, spreads, this.demands, lost))
  }

  #sums(ways: Ways, spreads: Spreads, flows: readonly Flow[]): Record<Unit, Map<string, number>> {
    const sums = { bits: new Map<string, number>(), packets: new Map<string, number>() }
    for (const bundle of bundled(ways, flows)) {
      const shares = sharesOf(ways, spreads, bundle)
      for (const unit of ['bits', 'packets'] as const)
        for (const [key, share, gates] of shares)
          if (gates === undefined) add(sums[unit], key, share * bundle[unit])
          else
            for (const [gate, amounts] of bundle[gates])
              add(sums[unit], key.replace(here, gate), share * amounts[unit])
    }
    return sums
  }

  #parts(carrier: Carrier, unit: Unit, ways: Ways, spreads: Spreads, flows: readonly Flow[]) {
    const parts = new Map<SiteDemand, number>()
    for (const [demand, own] of groupBy(flows, (flow) => flow.demand)) {
      const load = total(carrier, this.#sums(ways, spreads, own)[unit])
      if (load > 0) parts.set(demand, load)
    }
    return Array.from(parts, ([demand, load]) => ({ demand, load })).sort((a, b) => b.load - a.load)
  }
}

const total = ({ keys }: Carrier, sums: ReadonlyMap<string, number>): number =>
  keys.reduce((sum, key) => sum + (sums.get(key) ?? 0), 0)

/** A provider carries each way by itself, as a line does; what works on packets works on those of both ways. */
function carriersOfNode([{ id, kind }, capacity]: readonly [Node, Rate]): Carrier[] {
  const both = [`${id} in`, `${id} out`]
  return (kind === 'isp' ? both.map((key) => [key]) : [both]).map((keys) => ({ id, kind, keys, capacity }))
}

const carriersOfLink = ([{ id, ends }, capacity]: readonly [Link, Rate]): Carrier[] =>
  [ends, [ends[1], ends[0]] as const].map(([from, to]) => ({
    id,
    kind: 'link',
    towards: to.node,
    keys: [`${from.node} ${to.node}`],
    capacity,
  }))

type Amounts = Readonly<Record<Unit, number>>

/** Flows that take the same ways but for the machines at their ends. */
interface Bundle extends Record<Unit, number> {
  /** The node of the network that is left that stands for all that send. */
  readonly sender: string
  /** Where it is sent to, and the machine that stands for all that it is sent to. */
  readonly address: Ip
  readonly target?: string
  readonly way: Flow['way']
  /** What each host, or other node, sends and gets. */
  readonly from: ReadonlyMap<string, Amounts>
  readonly to: ReadonlyMap<string, Amounts>
}

/** Stands for the machine of a bundle in a key. */
const here = '*'

function bundled(ways: Ways, flows: readonly Flow[]): Iterable<Bundle> {
  const bundles = new Map<string, Bundle & { from: Map<string, Amounts>; to: Map<string, Amounts> }>()
  for (const flow of flows) {
    const { from, to, way } = flow
    const gate = gateOf(ways.node(from) as Node)
    const targetGate = to && gateOf(to)
    const isNear = gate === targetGate
    const sender = isNear ? here : ways.senderFor(gate)
    const target = to && !isNear ? ways.targetOf(to, flow.address) : undefined
    const { address } = target ?? flow
    const key = `${sender} ${target?.node ?? (isNear ? here : address.value)} ${way}`
    let bundle = bundles.get(key)
    if (!bundle) {
      const standIn = target && gateOf(nodeById(ways.network, target.node) as Node)
      bundle = {
        ...{ sender, address, way, bits: 0, packets: 0, from: new Map(), to: new Map() },
        ...(standIn !== undefined && { target: standIn }),
      }
      bundles.set(key, bundle)
    }
    bundle.bits += flow.bits
    bundle.packets += flow.packets
    addAmounts(bundle.from, gate, flow)
    if (targetGate !== undefined) addAmounts(bundle.to, targetGate, flow)
  }
  return bundles.values()
}

function addAmounts(sums: Map<string, Amounts>, key: string, { bits, packets }: Amounts): void {
  const known = sums.get(key)
  sums.set(key, known ? { bits: known.bits + bits, packets: known.packets + packets } : { bits, packets })
}

type Share = readonly [key: string, share: number, gates?: 'from' | 'to']

/** What of a bundle each node and link carries; at its ends, of what each machine there sends or gets. */
function sharesOf(ways: Ways, spreads: Spreads, { sender, address, target, way }: Bundle): Share[] {
  const first: Share = [`${here} ${way}`, 1, 'from']
  // Between VMs of one host nothing leaves it.
  if (sender === here) return [first]
  const { nodes, links } = spreads.of(sender, address)
  const isBalancer = nodeById(ways.network, sender)?.kind === 'balancer'
  return [
    // What a balancer sends on has been counted when it came.
    ...(isBalancer ? [] : [first]),
    ...Array.from(
      nodes,
      ([id, share]): Share => (id === target ? [`${here} ${way}`, share, 'to'] : [`${id} ${way}`, share]),
    ),
    ...Array.from(links, ([key, share]): Share => {
      const [near = '', far = ''] = key.split(' ')
      if (near === sender) return [`${here} ${far}`, share, 'from']
      return far === target ? [`${near} ${here}`, share, 'to'] : [key, share]
    }),
  ]
}
