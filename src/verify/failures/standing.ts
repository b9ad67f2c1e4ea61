/** Whether a promise stands in what is left: there and back, from everybody who may send, on every equal way. */
import { type Node, neighboursOf, type VirtualEndpoint } from '../../model/index.ts'
import type { Ip } from '../../net/index.ts'
import { presenceOf } from './presence.ts'
import type { OpenPromise } from './promise.ts'
import type { Soundness } from './soundness.ts'
import { gateOf } from './stand-ins.ts'
import type { Fate, Ways } from './ways.ts'

export type Standing =
  | { readonly kind: 'stands' }
  /** Nobody is left who may open it. */
  | { readonly kind: 'unused' }
  /** Senders are left, and nothing that they could reach. */
  | { readonly kind: 'gone' }
  | ({ readonly kind: 'cut' } & Cut)

/** Packets that are lost on their way, or the answers to them. */
export interface Cut {
  /** Who sends them, and where they are to get: nodes. */
  readonly from: string
  readonly to: string
  readonly lostAt: string
}

/** Who is left of some senders. */
interface Senders {
  readonly all: readonly Node[]
  /** One VM of each host, since a host takes all of its VMs along and has one way to each; and all other machines. */
  readonly ofGates: readonly Node[]
  /** One of each kind of place in the network. */
  readonly typical: readonly Node[]
}

export class Standings {
  readonly #ways: Ways
  readonly #internet: Node
  readonly #places = new Map<string, string>()
  /** By the place that packets leave from, and the address that they are for. */
  readonly #cuts = new Map<string, Map<Ip, Cut | null>>()
  readonly #senders = new Map<readonly string[], Senders>()
  readonly #answered = new Map<readonly string[], Map<string, Cut | null>>()

  readonly #soundness: Soundness | undefined

  /** @param soundness what is known of failures that are alike; without it every way is looked at */
  constructor(ways: Ways, soundness?: Soundness) {
    this.#ways = ways
    this.#soundness = soundness
    this.#internet = ways.outside
  }

  of(promise: OpenPromise): Standing {
    const presence = presenceOf(promise, (id) => this.#ways.node(id))
    if (presence !== 'left') return { kind: presence }
    const { senders: ids, goal } = promise
    if (this.#soundness?.isKept(promise, this.#ways)) return { kind: 'stands' }
    const senders = this.#left(ids)
    switch (goal.kind) {
      case 'outside':
        return standing(senders.typical.map((sender) => this.#outward(sender, ids)))
      case 'endpoint':
        return standing(
          goal.endpoints.flatMap((endpoint) =>
            senders.typical.flatMap((sender) => this.#toEndpoint(sender, endpoint, ids)),
          ),
        )
      case 'machines':
        return standing(
          this.#toMachines(
            senders,
            goal.nodes.flatMap((id) => this.#ways.node(id) ?? []),
          ),
        )
    }
  }

  /** Senders that are left. Lists are told apart by identity. */
  #left(ids: readonly string[]): Senders {
    const known = this.#senders.get(ids)
    if (known) return known
    const all = ids.flatMap((id) => this.#ways.node(id) ?? [])
    const ofGates = [
      ...new Map(all.map((node) => [node.vm ? `VMs of ${node.vm.host}` : node.id, node])).values(),
    ]
    const typical = [...new Map(ofGates.map((node) => [this.#place(node), node])).values()]
    const made = { all, ofGates, typical }
    this.#senders.set(ids, made)
    return made
  }

  /** To the Internet, and back by the balancer that lent a port. */
  #outward(sender: Node, ids: readonly string[]): Cut | null {
    for (const address of this.#internet.addresses) {
      if (!hasFamily(sender, address)) continue
      const there = this.#ways.from(gateOf(sender), address)
      const cut =
        cutOf(there, sender.id, this.#internet.id, (end) => end === this.#internet.id) ??
        this.#backFrom(there.balancers, address, this.#internet, ids)
      if (cut) return cut
    }
    return null
  }

  /** One for each machine behind the endpoint; none if nothing is left there. */
  #toEndpoint(
    sender: Node,
    { vip, backends, site }: VirtualEndpoint,
    ids: readonly string[],
  ): (Cut | null)[] {
    if (!hasFamily(sender, vip)) return []
    const left = backends.flatMap(({ node, address }) => {
      const found = this.#ways.node(node)
      return found ? [{ node: found, address }] : []
    })
    const there = this.#ways.from(gateOf(sender), this.#ways.vipLike(site, vip))
    const first = cutOf(
      there,
      sender.id,
      `a balancer of ${site}`,
      (end) => this.#ways.node(end)?.kind === 'balancer',
    )
    return left.map(({ node, address }) => {
      if (first) return first
      for (const balancer of there.ends) {
        const cut = this.#cut(this.#ways.node(balancer) as Node, address, node)
        if (cut) return cut
      }
      const own = this.#internet.addresses.find(({ family }) => family === vip.family)
      if (sender.kind === 'internet') return own ? this.#cut(node, own, sender) : null
      // From another site it goes out like all that is for outside, and the balancers there lend the port.
      return this.#backFrom(sender.site === site ? there.ends : there.balancers, vip, node, ids)
    })
  }

  /** Each sender to each machine, and back. */
  #toMachines({ ofGates, typical }: Senders, machines: readonly Node[]): (Cut | null)[] {
    return machines.flatMap((machine) => {
      const others = (nodes: readonly Node[]): readonly Node[] => nodes.filter(({ id }) => id !== machine.id)
      const there = (senders: readonly Node[]) =>
        machine.addresses.flatMap((address) =>
          others(senders).flatMap((sender) =>
            hasFamily(sender, address) ? [this.#cut(sender, address, machine)] : [],
          ),
        )
      const back = others(ofGates).flatMap((sender) =>
        sender.addresses.flatMap((address) =>
          hasFamily(machine, address) ? [this.#cut(machine, address, sender)] : [],
        ),
      )
      return [...there(typical), ...back]
    })
  }

  /** Through balancers that lent a port: from whoever answers to each of them, and from there to all senders of its site. */
  #backFrom(
    balancers: ReadonlySet<string>,
    { family }: Ip,
    answering: Node,
    ids: readonly string[],
  ): Cut | null {
    for (const id of balancers) {
      const balancer = this.#ways.node(id) as Node
      const lent = balancer.publicAddresses.find((address) => address.family === family)
      const cut = (lent && this.#cut(answering, lent, balancer)) ?? this.#toAll(balancer, family, ids)
      if (cut) return cut
    }
    return null
  }

  #toAll(balancer: Node, family: Ip['family'], ids: readonly string[]): Cut | null {
    const answered = this.#answered.get(ids) ?? new Map<string, Cut | null>()
    this.#answered.set(ids, answered)
    const key = `${balancer.id} ${family}`
    const known = answered.get(key)
    if (known !== undefined) return known
    let found: Cut | null = null
    for (const sender of this.#left(ids).ofGates) {
      const address = sender.addresses.find((own) => own.family === family)
      if (sender.site === balancer.site && address) found ??= this.#cut(balancer, address, sender)
    }
    answered.set(key, found)
    return found
  }

  /** What is lost from a node to an address of another. Nodes that are joined to the same routers are one. */
  #cut(from: Node, to: Ip, owner: Node): Cut | null {
    const { node: target, address } = this.#ways.targetOf(owner, to)
    const find = (): Cut | null =>
      cutOf(this.#ways.from(gateOf(from), address), from.id, owner.id, (end) => end === target)
    if (gateOf(from) === gateOf(owner)) return from.id === owner.id || from.vm || owner.vm ? null : find()
    const place = this.#place(from)
    const cuts = this.#cuts.get(place) ?? new Map<Ip, Cut | null>()
    this.#cuts.set(place, cuts)
    const known = cuts.get(address)
    if (known !== undefined) return known && this.#renamed(known, from, owner)
    const made = find()
    cuts.set(address, made)
    return made
  }

  /** What is lost from one place is lost from every other node there: where they send it from, or further on. */
  #renamed(cut: Cut, from: Node, to: Node): Cut {
    const first = gateOf(this.#ways.node(cut.from) as Node)
    return { from: from.id, to: to.id, lostAt: cut.lostAt === first ? gateOf(from) : cut.lostAt }
  }

  /** By what a node is joined to the network above it. */
  #place(node: Node): string {
    const gate = gateOf(node)
    const known = this.#places.get(gate)
    if (known !== undefined) return known
    const at = this.#ways.node(gate) as Node
    const made = isMachine(at)
      ? neighboursOf(this.#ways.network, this.#ways.senderFor(gate))
          .flatMap(({ node: { id, kind } }) => (kind === 'distribution-router' ? [id] : []))
          .join()
      : gate
    this.#places.set(gate, made)
    return made
  }
}

const isMachine = ({ kind }: Node): boolean => !rows.has(kind)

const rows: ReadonlySet<Node['kind']> = new Set([
  'internet',
  'isp',
  'access-router',
  'balancer',
  'distribution-router',
])

const hasFamily = ({ addresses }: Node, { family }: Ip): boolean =>
  addresses.some((address) => address.family === family)

function cutOf(
  { ends, lostAt }: Fate,
  from: string,
  to: string,
  isMeant: (end: string) => boolean,
): Cut | null {
  const astray = [...ends].find((end) => !isMeant(end))
  const at = lostAt ?? astray
  if (at === undefined) return null
  return { from, to, lostAt: at }
}

function standing(cuts: readonly (Cut | null)[]): Standing {
  const first = cuts.find((cut) => cut !== null)
  return first ? { kind: 'cut', ...first } : { kind: 'stands' }
}
