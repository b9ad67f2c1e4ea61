/**
 * What elements carry after a failure, by the declared demands and the routes that are derived of what is left; and which are to carry more
 * than they can.
 */
import type { Rate } from '../../file/index.ts'
import { capacityOf, type Link, type Network, type Node, nodeById, type Rated } from '../../model/index.ts'
import { demandsOf, type Flow, flowsOf, type SiteDemand } from './demand.ts'
import { add, Spreads } from './spread.ts'
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
    for (const flow of gathered(ways, flows))
      for (const [key, share] of sharesOf(ways, spreads, flow)) {
        add(sums.bits, key, share * flow.bits)
        add(sums.packets, key, share * flow.packets)
      }
    return sums
  }

  #parts(carrier: Carrier, unit: Unit, ways: Ways, spreads: Spreads, flows: readonly Flow[]) {
    const parts = new Map<SiteDemand, number>()
    for (const flow of flows) {
      const shares = new Map(sharesOf(ways, spreads, flow))
      const load = total(carrier, shares) * flow[unit]
      if (load > 0) add(parts, flow.demand, load)
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

/** One flow for all of the same host, to the same place, and the same way. */
function gathered(ways: Ways, flows: readonly Flow[]): readonly Flow[] {
  const sums = new Map<string, Flow>()
  for (const flow of flows) {
    const { from, to, address, way } = flow
    const key = `${gateOf(ways.node(from) as Node)} ${way} ${to ? gateOf(to) : address.value} ${address.family}`
    const known = sums.get(key)
    sums.set(
      key,
      known ? { ...known, bits: known.bits + flow.bits, packets: known.packets + flow.packets } : flow,
    )
  }
  return [...sums.values()]
}

/** What of a flow each node and link carries: machines that others stood for have their own names again. */
function sharesOf(ways: Ways, spreads: Spreads, { from, to, address, way }: Flow): [string, number][] {
  const sending = ways.node(from) as Node
  const gate = gateOf(sending)
  const first: [string, number] = [`${gate} ${way}`, 1]
  if (to && gateOf(to) === gate) return [first]
  const sender = ways.senderFor(gate)
  const target = to && ways.targetOf(to, address)
  const spread = spreads.of(sender, target?.address ?? address)
  const targetGate = target && gateOf(nodeById(ways.network, target.node) as Node)
  const named = (id: string): string => (id === sender ? gate : to && id === targetGate ? gateOf(to) : id)
  return [
    ...(sending.kind === 'balancer' ? [] : [first]),
    ...Array.from(spread.nodes, ([id, share]): [string, number] => [`${named(id)} ${way}`, share]),
    ...Array.from(spread.links, ([key, share]): [string, number] => [
      key.split(' ').map(named).join(' '),
      share,
    ]),
  ]
}

const gateOf = ({ id, vm }: Node): string => vm?.host ?? id
