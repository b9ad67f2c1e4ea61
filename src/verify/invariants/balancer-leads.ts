/**
 * What a balancer makes of packets, by itself: whatever leaves it must have come as the file says, and what comes as the file says must leave
 * so. It is asked back from what leaves, so that nothing is missed that is translated beside.
 */
import { endpointsBeside, type Node, type Site, siteByName, type VirtualEndpoint } from '../../model/index.ts'
import { hostPrefix, type Prefix, PrefixMap, Protocol } from '../../net/index.ts'
import { openingFlags, type Point, pointsOfNode } from '../../policy/index.ts'
import { icmpEcho } from '../../wire/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { type Openings, swapEnds } from '../network/index.ts'
import { icmpOfTypes, kindLevels } from '../packets/index.ts'
import { admitted } from './access-list.ts'
import { addressed, behind } from './endpoints.ts'
import type { Answered, PassageInvariant } from './invariant.ts'
import { byVmsOf } from './places.ts'
import type { Proof } from './proof.ts'

export const balancerLeads: PassageInvariant = {
  kind: 'passage',
  id: 'balancer-leads',
  ofAlike: true,
  rows: ['R11', 'R12', 'R20'],
  claim:
    'By itself a balancer leads what is for an endpoint, and let in by its list, to a machine behind it; answers leave by the VIP, and what VMs open by an address of its own, whose answers come back to them; nothing else passes.',
  points: (proof) => proof.points('balancer'),
  *breaches(proof, point) {
    const { sets } = proof
    const balancer = new Balancer(proof, proof.world.node(point.node))
    const inner = balancer.isInner(point)
    for (const { leaving, permitted, demanded } of inner ? balancer.outward() : balancer.inward()) {
      const came = proof.before(point, leaving)
      yield { packets: sets.without(came, permitted) }
      yield { packets: sets.without(demanded, came), does: 'is stopped' }
    }
    const known = proof.openings()
    for (const { leaving, answering } of balancer.answers(known, inner)) {
      const answers = answering.answersTo(answering.opened)
      if (answers === sets.none) continue
      const came = proof.before(point, leaving, known)
      yield { packets: sets.without(answers, came), does: 'is stopped', answering }
    }
  },
}

/** What leaves, and what may and must have come for it. */
interface Led {
  readonly leaving: DiagramSet
  readonly permitted: DiagramSet
  readonly demanded: DiagramSet
}

/** What leaves, and answers of known connections that must leave so. */
interface LedBack {
  readonly leaving: DiagramSet
  readonly answering: Answered
}

/** What the file says of one balancer. */
class Balancer {
  readonly #proof: Proof
  readonly #node: Node
  readonly #site: Site
  /** Those behind which somebody is looked at. */
  readonly #endpoints: readonly VirtualEndpoint[]
  readonly #sharing: Sharing
  readonly #vms: DiagramSet
  readonly #targets: DiagramSet
  /** By an address of the balancer's own. */
  readonly #egress: DiagramSet

  constructor(proof: Proof, node: Node) {
    const { network, sets } = proof
    this.#proof = proof
    this.#node = node
    this.#site = siteByName(network, node.site ?? '') as Site
    this.#endpoints = proof
      .endpoints()
      .filter(({ site, backends }) => site === node.site && backends.length > 0)
    this.#sharing = sharingOf(endpointsBeside(network, node.site ?? '', this.#endpoints))
    this.#vms = byVmsOf(proof, node.site)
    this.#targets = sets.union(this.#endpoints.map((each) => this.#behind(each)))
    this.#egress = proof.by(node.publicAddresses.map(hostPrefix))
  }

  /** Whether a point of the balancer stands toward the inside. */
  isInner({ node, interfaces: [iface] }: Point): boolean {
    const { world } = this.#proof
    return world.node(world.peer(node, iface as string).node).kind === 'distribution-router'
  }

  /** From outside: to machines behind endpoints, and nowhere else. */
  *inward(): Iterable<Led> {
    const { sets } = this.#proof
    for (const endpoint of this.#endpoints)
      yield {
        leaving: this.#behind(endpoint),
        permitted: sets.union(this.#likeIt(endpoint).map((each) => this.#meant(each))),
        demanded: this.#meant(endpoint),
      }
    yield this.#nothing(sets.without(sets.all, this.#targets))
  }

  /** From inside: VMs that use endpoints, answers of machines behind endpoints, and what VMs open elsewhere. */
  *outward(): Iterable<Led> {
    const { sets } = this.#proof
    const elsewhere = this.#openedElsewhere()
    const replies = sets.union(this.#endpoints.map((each) => this.#replies(each)))
    for (const endpoint of this.#endpoints) {
      const others = this.#likeIt(endpoint)
      const target = this.#behind(endpoint)
      const used = others.map((each) => this.#used(each))
      yield {
        leaving: sets.mask(this.#egress, target),
        permitted: sets.union([...used, sets.mask(target, elsewhere)]),
        demanded: this.#used(endpoint),
      }
      yield {
        leaving: sets.union(others.map((each) => this.#byVip(each))),
        permitted: sets.union(others.map((each) => this.#replies(each))),
        demanded: this.#replies(endpoint),
      }
    }
    yield {
      leaving: sets.without(this.#egress, this.#targets),
      permitted: elsewhere,
      demanded: sets.without(elsewhere, sets.union([replies, this.#targets])),
    }
    const byVips = this.#endpoints.map((each) => this.#byVip(each))
    yield this.#nothing(sets.without(sets.all, sets.union([this.#egress, ...byVips])))
  }

  /** What answers connections that were lent a port. @param inner of VMs that use endpoints of the site; else of all others */
  *answers(known: Openings, inner: boolean): Iterable<LedBack> {
    const { sets, policy } = this.#proof
    const point = pointsOfNode(policy, this.#node.id).find(
      (each) => each.kind === 'balancer' && this.isInner(each),
    )
    if (!point) return
    const answersTo = (opened: DiagramSet): DiagramSet => {
      const left = sets.mask(this.#egress, known.passed(point, opened))
      return sets.mask(sets.all, sets.forget(swapEnds(sets, left), kindLevels))
    }
    const answering = (opened: DiagramSet): Answered => ({ point, opened, answersTo })
    const toVms = swapEnds(sets, this.#vms)
    if (!inner)
      yield { leaving: toVms, answering: answering(sets.without(this.#openedElsewhere(), this.#targets)) }
    else
      for (const endpoint of this.#endpoints)
        yield { leaving: sets.mask(toVms, this.#byVip(endpoint)), answering: answering(this.#used(endpoint)) }
  }

  #nothing(leaving: DiagramSet): Led {
    const { none } = this.#proof.sets
    return { leaving, permitted: none, demanded: none }
  }

  /** An endpoint and those that share a machine and its port with it. */
  #likeIt(endpoint: VirtualEndpoint): readonly VirtualEndpoint[] {
    return [
      ...new Set(
        machinesOf(endpoint).flatMap(([key, machine]) => this.#sharing.get(key)?.get(machine) ?? []),
      ),
    ]
  }

  #behind(endpoint: VirtualEndpoint): DiagramSet {
    return this.#proof.sets.union(endpoint.backends.map((each) => behind(this.#proof, endpoint, each)))
  }

  /** What is for an endpoint, and let in by its list. */
  #meant(endpoint: VirtualEndpoint): DiagramSet {
    const { sets } = this.#proof
    return sets.allOf([sets.all, addressed(this.#proof, endpoint), admitted(this.#proof, endpoint.acl)])
  }

  /** What VMs of the site open at an endpoint. */
  #used(endpoint: VirtualEndpoint): DiagramSet {
    return this.#proof.sets.mask(this.#meant(endpoint), this.#lendable())
  }

  #byVip({ vip, protocol, port }: VirtualEndpoint): DiagramSet {
    return this.#proof.sets.match({
      protocol,
      source: [hostPrefix(vip)],
      sourcePorts: [{ first: port, last: port }],
    })
  }

  /** What machines behind an endpoint answer to others than VIPs: no TCP that opens a connection. */
  #replies(endpoint: VirtualEndpoint): DiagramSet {
    const { sets, to } = this.#proof
    const opening = sets.match({ protocol: Protocol.tcp, tcpFlags: openingFlags })
    const by = swapEnds(sets, this.#behind(endpoint))
    return sets.without(sets.mask(sets.all, by), sets.union([opening, to(this.#site.public.vips)]))
  }

  #openedElsewhere(): DiagramSet {
    return this.#proof.sets.without(this.#lendable(), this.#proof.to(this.#site.public.vips))
  }

  /** What VMs open and a port is lent to, of families that the balancer has an address of. */
  #lendable(): DiagramSet {
    const { sets, once } = this.#proof
    const families = this.#node.publicAddresses.map(({ family }) => family)
    return once(`lendable ${this.#node.site} ${families.join()}`, () =>
      sets.allOf([
        sets.all,
        this.#vms,
        sets.union(families.map((family) => sets.family(family))),
        sets.union([
          sets.match({ protocol: Protocol.tcp, tcpFlags: openingFlags }),
          sets.match({ protocol: Protocol.udp }),
          icmpOfTypes(sets, (family) => [icmpEcho[family].request]),
        ]),
      ]),
    )
  }
}

/** Endpoints by protocol and port of the machines behind them, and by each machine. */
type Sharing = ReadonlyMap<string, Pick<PrefixMap<VirtualEndpoint[]>, 'get'>>

function sharingOf(endpoints: readonly VirtualEndpoint[]): Sharing {
  const found = new Map<string, PrefixMap<VirtualEndpoint[]>>()
  for (const endpoint of endpoints)
    for (const [key, machine] of machinesOf(endpoint)) {
      const machines = found.get(key) ?? new PrefixMap<VirtualEndpoint[]>()
      found.set(key, machines)
      const list = machines.get(machine)
      if (list) list.push(endpoint)
      else machines.set(machine, [endpoint])
    }
  return found
}

const machinesOf = ({ protocol, backends }: VirtualEndpoint): readonly (readonly [string, Prefix])[] =>
  backends.map(({ address, port }) => [`${protocol} ${port}`, hostPrefix(address)])
