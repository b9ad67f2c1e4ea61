/**
 * Machines below the distribution routers that are joined to the same ones have the same ways to and from everywhere, whatever fails
 * elsewhere. Two of them stand for all: one that sends, and one that is sent to. Those that lost a link stand for themselves.
 */
import { type Failed, type Network, type Node, neighboursOf } from '../../model/index.ts'
import type { Family, Ip } from '../../net/index.ts'

/** An address of a node. */
export interface Target {
  readonly node: string
  readonly address: Ip
}

/** Who stands for whom after a failure. */
export interface StandIns {
  /** What fails, and all that others stand for. */
  failed(): Failed
  /** The node that sends as this one does. */
  sender(id: string): string
  /** The address to which there are the same ways as to an address of a node. */
  target(node: Node, address: Ip): Target
  /** All that send, and all that are sent to. */
  readonly senders: readonly string[]
  readonly targets: readonly Target[]
  /** The same where the same fails but for the names of machines that are alike. */
  readonly key: string
}

const machines: ReadonlySet<Node['kind']> = new Set([
  'host',
  'name-server',
  'fabric-controller',
  'jump-box',
  'storage',
  'activation-server',
])

/** The host of a VM, which alone leads to it; else the node itself. */
export const gateOf = ({ id, vm }: Node): string => vm?.host ?? id

const families: readonly Family[] = [4, 6]

type Pair = readonly [sender: string, target: string]

export class MachinePlaces {
  /** Machines that have their place in common. */
  readonly #members = new Map<string, string[]>()
  readonly #places = new Map<string, string>()
  /** Of each machine, and of a host's VMs the first: an address of each family. */
  readonly #own = new Map<string, Target>()
  readonly #first = new Map<string, Target>()
  /** Ids of machines and VMs. */
  readonly #all: readonly string[]
  readonly #isMachine: ReadonlySet<string>
  /** The machine at the end of a link. */
  readonly #atLink = new Map<string, string>()
  /** The router at its other end. */
  readonly #upperEnds = new Map<string, string>()

  constructor(network: Network) {
    for (const { id, vm, kind, addresses } of network.nodes)
      for (const address of addresses) {
        const [gate, targets] = vm ? [vm.host, this.#first] : [id, this.#own]
        const key = `${gate} ${address.family}`
        if ((vm || machines.has(kind)) && !targets.has(key)) targets.set(key, { node: id, address })
      }
    this.#all = network.nodes.flatMap(({ id, kind, vm }) => (vm || machines.has(kind) ? [id] : []))
    this.#isMachine = new Set(this.#all)
    for (const node of network.nodes)
      if (machines.has(node.kind)) {
        const place = this.#placeOf(network, node)
        this.#places.set(node.id, place)
        const members = this.#members.get(place)
        if (members) members.push(node.id)
        else this.#members.set(place, [node.id])
        for (const { link, far } of neighboursOf(network, node.id))
          if (link.kind !== 'vm-port') {
            this.#atLink.set(link.id, node.id)
            this.#upperEnds.set(link.id, far.node)
          }
      }
  }

  /** What a machine is joined to, and of which families it and its VMs have addresses. */
  #placeOf(network: Network, { id }: Node): string {
    const joined = neighboursOf(network, id).flatMap(({ node }) => (node.vm ? [] : [node.id]))
    const has = families.map(
      (family) => `${this.#own.has(`${id} ${family}`)} ${this.#first.has(`${id} ${family}`)}`,
    )
    return [...joined.sort(), ...has].join()
  }

  standIns({ nodes, links }: Failed): StandIns {
    const alone = this.#machinesAt(links, nodes)
    const isTypical = (id: string): boolean => !nodes.has(id) && !alone.has(id)
    const pairs = new Map<string, Pair>()
    for (const [place, members] of this.#members) {
      const target = members.find(isTypical)
      if (target === undefined) continue
      pairs.set(place, [members.find((id) => isTypical(id) && id !== target) ?? target, target])
    }
    const gates = new Set([...alone.keys(), ...Array.from(pairs.values()).flat()])
    const targets = (of: Iterable<string>): Target[] =>
      Array.from(of).flatMap((gate) =>
        [this.#own, this.#first].flatMap((known) =>
          families.flatMap((family) => known.get(`${gate} ${family}`) ?? []),
        ),
      )
    const kept = new Set(targets(gates).map(({ node }) => node))
    const pairOf = (gate: string): Pair | undefined =>
      alone.has(gate) ? undefined : pairs.get(this.#places.get(gate) ?? '')
    return {
      failed: () => ({ nodes: new Set([...nodes, ...this.#all.filter((id) => !kept.has(id))]), links }),
      sender: (id) => pairOf(id)?.[0] ?? id,
      target: ({ id, vm }, address) => {
        const gate = vm?.host ?? id
        const standIn = pairOf(gate)?.[1] ?? gate
        const known = vm ? this.#first : this.#own
        return known.get(`${standIn} ${address.family}`) ?? { node: id, address }
      },
      senders: [...alone.keys(), ...Array.from(pairs.values(), ([sender]) => sender)],
      targets: targets([...alone.keys(), ...Array.from(pairs.values(), ([, target]) => target)]),
      key: this.#keyOf({ nodes, links }, alone, pairs),
    }
  }

  /** Machines that lost links, with those links. */
  #machinesAt(links: ReadonlySet<string>, failed: ReadonlySet<string>): ReadonlyMap<string, string[]> {
    const found = new Map<string, string[]>()
    for (const link of links) {
      const id = this.#atLink.get(link)
      if (id === undefined || failed.has(id)) continue
      const lost = found.get(id)
      if (lost) lost.push(link)
      else found.set(id, [link])
    }
    return found
  }

  #keyOf(
    { nodes, links }: Failed,
    alone: ReadonlyMap<string, readonly string[]>,
    pairs: ReadonlyMap<string, Pair>,
  ): string {
    const routers = [...nodes].filter((id) => !this.#isMachine.has(id)).sort()
    const cables = [...links].filter((id) => !this.#atLink.has(id)).sort()
    const lone = Array.from(alone, ([id, lost]) => {
      const upper = lost.map((link) => this.#upperEnds.get(link)).sort()
      return `${this.#places.get(id)} without ${upper.join()}`
    }).sort()
    const places = Array.from(pairs, ([place, [sender, target]]) => `${place} ${sender === target ? 1 : 2}`)
    return JSON.stringify([routers, cables, lone, places])
  }
}
