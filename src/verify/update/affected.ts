/**
 * Of which packets something else may become after a change, and whose filters are to be looked at again.
 *
 * A packet fares as before until it meets something that is otherwise. Filters at the rim are met by what their machines send and get; what a
 * balancer chooses, by what is for its endpoint; lists at the edge, by the packets that they treat otherwise, whatever address balancers gave these
 * before. So a packet is *affected* if it is by or for one of some machines, for an endpoint behind which one of these stands, or differs from
 * what the edge treats otherwise in its source alone; or if it is answered by such a packet. That is more than need be, and never less.
 */
import {
  between,
  endpointsOfServices,
  isSameIp,
  type Network,
  type Node,
  neighbourBy,
  nodeById,
  nodesOfKind,
  type Sameness,
  siteByName,
  virtualEndpointsOf,
  vmsOfHost,
  vmsOtherwise,
} from '../../model/index.ts'
import { hostPrefix, type Ip, type Prefix } from '../../net/index.ts'
import {
  type EgressIn,
  lendingOf,
  type Point,
  type PointChange,
  type Translation,
} from '../../policy/index.ts'
import { icmpErrors } from '../../wire/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { addressed } from '../invariants/endpoints.ts'
import { writtenAtEdge } from '../invariants/open/written.ts'
import type { Proof } from '../invariants/proof.ts'
import { swapEnds, translates } from '../network/index.ts'
import { addressLevels, errorsAbout, icmpOfTypes, kindLevels, level, quotingTo } from '../packets/index.ts'
import type { Difference } from './difference.ts'

export interface Affected {
  /** Hosts and VMs that are otherwise, of both networks: whatever these send or get. */
  readonly machines: ReadonlyMap<string, Node>
  /** Of what anybody sends. */
  readonly packets: DiagramSet
  /** Packets for the machines, or for an endpoint behind which one stands. */
  readonly arriving: DiagramSet
  /** ICMP errors of anybody: by, for, or about the machines, such endpoints, or whom balancers of their sites lend a port; or about what the edge treats otherwise. */
  readonly errors: DiagramSet
  /** Lists at the edge treat packets otherwise. */
  readonly atEdge: boolean
  /** And ICMP errors among them. These they judge by themselves, whatever they are about. */
  readonly errorsAtEdge: boolean
}

/** @param sameness of the later network and the earlier one @returns `undefined`: so many things are otherwise that all is to be looked at */
export function affectedBy(
  base: Proof,
  next: Proof,
  difference: Difference,
  sameness: Sameness,
): Affected | undefined {
  return new Search(base, next, sameness).run(difference)
}

class Search {
  readonly #base: Proof
  readonly #next: Proof
  readonly #sameness: Sameness
  readonly #machines = new Map<string, Node>()
  readonly #endpoints: DiagramSet[] = []
  readonly #vips: Ip[] = []
  readonly #edge: DiagramSet[] = []
  /** Lists of borrowers that were compared, by that of the later network. */
  readonly #borrowers = new Map<readonly Ip[], { readonly was: readonly Ip[]; readonly areOurs: boolean }>()

  constructor(base: Proof, next: Proof, sameness: Sameness) {
    this.#base = base
    this.#next = next
    this.#sameness = sameness
  }

  run(difference: Difference): Affected | undefined {
    for (const node of difference.machines) this.#add(node)
    for (const network of this.#networks()) for (const vm of vmsOtherwise(network, difference)) this.#add(vm)
    for (const name of difference.edges) this.#writtenOtherwise(name)
    if (!this.#areOurs([...difference.routes.values()].flat())) return undefined
    for (const change of difference.points) if (!this.#meet(change)) return undefined
    const arriving = this.#arriving(difference.services)
    const { sets } = this.#next
    const atEdge = this.#atEdge()
    const errors = icmpOfTypes(sets, (family) => icmpErrors[family])
    return {
      machines: this.#machines,
      packets: sets.union([arriving, sets.addresses('source', this.#prefixes()), ...atEdge]),
      arriving,
      errors: sets.union([this.#errors(), ...atEdge.map((packets) => errorsAbout(sets, packets))]),
      atEdge: this.#edge.length > 0,
      errorsAtEdge: this.#edge.some((packets) => sets.mask(errors, packets) !== sets.none),
    }
  }

  #networks(): readonly Network[] {
    const [was, is] = [this.#base.network, this.#next.network]
    return was === is ? [is] : [was, is]
  }

  #add(node: Node): void {
    // Of a machine that is otherwise both addresses count.
    const known = this.#machines.get(node.id)
    const addresses = [...(known?.addresses ?? []), ...node.addresses]
    this.#machines.set(node.id, known ? { ...node, addresses } : node)
  }

  #prefixes(): readonly Prefix[] {
    return [...this.#machines.values()].flatMap(({ addresses }) => addresses.map(hostPrefix))
  }

  /** Packets by the machines, or for them. */
  #touching(): DiagramSet {
    const { sets } = this.#next
    const prefixes = this.#prefixes()
    return sets.union([sets.addresses('source', prefixes), sets.addresses('destination', prefixes)])
  }

  #areOurs(prefixes: readonly Prefix[]): boolean {
    const ours = new Set(this.#prefixes().map(({ family, value }) => `${family} ${value}`))
    return prefixes.every(({ family, value }) => ours.has(`${family} ${value}`))
  }

  #writtenOtherwise(name: string): void {
    const { sets } = this.#next
    for (const direction of ['in', 'out'] as const) {
      const [was, is] = [this.#base, this.#next].map((proof) => {
        const site = siteByName(proof.network, name)
        return site ? writtenAtEdge(proof, site, direction) : sets.none
      }) as [DiagramSet, DiagramSet]
      this.#edge.push(sets.without(was, is), sets.without(is, was))
    }
  }

  /** Whether it is known which packets a point treats otherwise. */
  #meet({ was, is }: PointChange): boolean {
    const point = (is ?? was) as Point
    if ([was, is].some((each) => each && translates(each)))
      return was !== undefined && is !== undefined && this.#translateOtherwise(was, is)
    const { sets } = this.#next
    const packets = sets.union(
      (['none', 'known'] as const).flatMap((knowledge) => {
        const [a, b] = [was, is].map((each) =>
          each ? this.#next.decisions.allowed(each, knowledge) : sets.all,
        ) as [DiagramSet, DiagramSet]
        return [sets.without(a, b), sets.without(b, a)]
      }),
    )
    if (packets === sets.none) return true
    if (point.kind === 'access-router') {
      this.#edge.push(packets)
      return true
    }
    if (sets.without(packets, this.#touching()) === sets.none) return true
    const owners = this.#owners(point)
    for (const owner of owners) this.#add(owner)
    return owners.length > 0
  }

  /** Machines whose packets alone meet a point at the rim. */
  #owners({ node: id, interfaces, kind }: Point): readonly Node[] {
    return this.#networks().flatMap((network): readonly Node[] => {
      const node = nodeById(network, id)
      if (!node) return []
      const ends = interfaces.flatMap((iface) => neighbourBy(network, id, iface)?.node ?? [])
      switch (kind) {
        case 'guest':
          return [node]
        case 'hypervisor':
          return ends
        case 'host':
          return [node, ...vmsOfHost(network, id)]
        case 'distribution-router':
          return ends.every((end) => end.kind === 'host')
            ? ends.flatMap((end) => [end, ...vmsOfHost(network, end.id)])
            : []
        default:
          return []
      }
    })
  }

  /** Endpoints that are led otherwise, if nothing else is. */
  #translateOtherwise(was: Point, is: Point): boolean {
    if (was.tiers.length !== is.tiers.length) return false
    return is.tiers.every((tier, index) => {
      const before = was.tiers[index] as Point['tiers'][number]
      if (tier.kind === 'translation' && before.kind === 'translation')
        return this.#compareLists(before.translations, tier.translations)
      return this.#sameness.same(tier, before)
    })
  }

  /** One by one, by the names of their rules. */
  #compareLists(before: readonly Translation[], after: readonly Translation[]): boolean {
    const [was, is] = between(before, after, (one, other) => one === other)
    const left = new Map(was.map((each) => [each.rule.id, each]))
    const areKnown = is.every((each) => {
      const other = left.get(each.rule.id)
      left.delete(each.rule.id)
      return this.#compare(other, each)
    })
    return areKnown && [...left.values()].every((gone) => this.#compare(gone, undefined))
  }

  #compare(was: Translation | undefined, is: Translation | undefined): boolean {
    if (was?.kind === 'egress-in' && is?.kind === 'egress-in') return this.#compareAnswers(was, is)
    const lenders = this.#areBorrowersOurs(was, is)
    if (was && is && this.#areSameButBorrowers(is, was)) return lenders
    return lenders && [was, is].every((each) => !each || this.#addEnds(each))
  }

  #areSameButBorrowers(is: Translation, was: Translation): boolean {
    if (is === was) return true
    if (is.kind === 'egress-out' && was.kind === 'egress-out')
      return this.#sameness.sameBut(is, was, 'borrowers')
    if (is.kind !== 'endpoint-in' || was.kind !== 'endpoint-in' || !is.hairpin || !was.hairpin)
      return this.#sameness.same(is, was)
    return (
      this.#sameness.sameBut(is, was, 'hairpin') &&
      this.#sameness.sameBut(is.hairpin, was.hairpin, 'borrowers')
    )
  }

  /** Of what leads answers back to who borrowed a port: the endpoints whose answers are led back, one by one. */
  #compareAnswers(
    { hairpin: before = [], ...was }: EgressIn,
    { hairpin: after = [], ...is }: EgressIn,
  ): boolean {
    if (!this.#sameness.same(is, was) || before.length > 0 !== after.length > 0) return false
    return this.#compareLists(before, after)
  }

  /** Whether whoever may borrow ports in one of both alone is otherwise. */
  #areBorrowersOurs(was: Translation | undefined, is: Translation | undefined): boolean {
    const [a, b] = [was, is].map((each) => (each && lendingOf(each)?.borrowers) ?? none) as [
      readonly Ip[],
      readonly Ip[],
    ]
    if (a === b) return true
    // All endpoints of a site lend to the same machines.
    const known = this.#borrowers.get(b)
    if (known?.was === a) return known.areOurs
    const areOurs = this.#areOurs(inOneAlone(a, b).map(hostPrefix))
    this.#borrowers.set(b, { was: a, areOurs })
    return areOurs
  }

  /** Adds what a translation is about; false: that is more than some machines. */
  #addEnds(translation: Translation): boolean {
    if (translation.kind === 'egress-out' || translation.kind === 'egress-in') return false
    this.#endpoints.push(addressed(this.#next, translation))
    this.#vips.push(translation.vip)
    return translation.backends.every(({ node }) => {
      const machine = this.#networks().flatMap((network) => nodeById(network, node) ?? [])
      for (const each of machine) this.#add(each)
      return machine.length > 0 && machine.every(({ kind }) => kind === 'vm')
    })
  }

  #arriving(services: ReadonlySet<string>): DiagramSet {
    const { sets } = this.#next
    const sites = new Set(Array.from(this.#machines.values(), ({ site = '' }) => site))
    const endpoints = this.#networks().flatMap((network) => [
      ...endpointsOfServices(network, services),
      ...[...sites].flatMap((site) =>
        virtualEndpointsOf(network, site).filter(({ backends }) =>
          backends.some(({ node }) => this.#machines.has(node)),
        ),
      ),
    ])
    const met = endpoints.map((endpoint) => addressed(this.#next, endpoint))
    this.#vips.push(...endpoints.map(({ vip }) => vip))
    return sets.union([sets.addresses('destination', this.#prefixes()), ...met, ...this.#endpoints])
  }

  /** An error has no ports of its own: which of an endpoint it is about its quote says. */
  #errors(): DiagramSet {
    const { sets } = this.#next
    const sites = new Set(Array.from(this.#machines.values(), ({ site }) => site))
    const lenders = this.#networks().flatMap((network) =>
      [...sites].flatMap((site) => nodesOfKind(network, site, 'balancer')),
    )
    const prefixes = [
      ...this.#prefixes(),
      ...this.#vips.map(hostPrefix),
      ...lenders.flatMap(({ publicAddresses }) => publicAddresses.map(hostPrefix)),
    ]
    const to = sets.addresses('destination', prefixes)
    return sets.union([sets.addresses('source', prefixes), to, quotingTo(sets, to)])
  }

  /** Packets that meet the edge, and those that are answered by them. */
  #atEdge(): readonly DiagramSet[] {
    const { sets } = this.#next
    const met = sets.union(this.#edge)
    if (met === sets.none) return []
    const answered = sets.forget(swapEnds(sets, met), kindLevels)
    const sourceEnd = [...addressLevels('source'), level.sourcePort]
    return [met, answered].flatMap((packets) => [packets, sets.forget(packets, sourceEnd)])
  }
}

const none: readonly Ip[] = []

/** Addresses that one of two lists alone has. */
function inOneAlone(a: readonly Ip[], b: readonly Ip[]): readonly Ip[] {
  const [was, is] = between(a, b, isSameIp)
  const key = ({ family, value }: Ip) => `${family} ${value}`
  const [before, after] = [new Set(was.map(key)), new Set(is.map(key))]
  return [...was.filter((each) => !after.has(key(each))), ...is.filter((each) => !before.has(key(each)))]
}
