/**
 * The machines at the rim of a network, hosts and their VMs, as packets meet them. The *column* of a VM is all that decides about packets between it
 * and the routers of its site: its filters, those of its host and of the routers' interfaces to it, and the routes of both; that of a host is
 * the same without the VM. Columns with the same key decide alike but for lists of their own.
 */
import {
  type Filter,
  guestKey,
  type Network,
  type NextHop,
  type Node,
  neighboursOf,
  type Route,
  type Service,
  siteByName,
  vmsOfHost,
  vmsOfRole,
} from '../../model/index.ts'
import { formatPrefix, hostPrefix, type Prefix } from '../../net/index.ts'
import { type Point, pointsAt } from '../../policy/index.ts'
import type { World } from '../../trace/index.ts'
import { AddressLists, isSingle } from './address-lists.ts'
import { PointKeys } from './point-keys.ts'

export interface Column {
  readonly node: Node
  /** The number of its host; of a host its own. */
  readonly host: number
  /** Equal for columns that decide alike. */
  readonly key: number
  /** Its own lists, those of its host last. */
  readonly lists: readonly (readonly Prefix[])[]
}

/** What of a column does not depend on colours. */
interface Draft {
  readonly key: string
  readonly lists: readonly (readonly Prefix[])[]
}

/** Hosts and VMs that hang on the network as one thinks: VMs on one host, hosts on routers. */
export const rimOf = (network: Network): readonly Node[] =>
  network.nodes.filter((node) => isAtRim(network, node))

export function isAtRim(network: Network, node: Node): boolean {
  const isVm = ({ kind }: Node) => kind === 'vm'
  const around = neighboursOf(network, node.id).map((neighbour) => neighbour.node)
  if (isVm(node)) return around.length === 1 && around[0]?.id === node.vm?.host
  return node.kind === 'host' && around.every((other) => isVm(other) || other.kind === 'distribution-router')
}

export class ColumnBuilder {
  readonly #world: World
  readonly #rim: readonly Node[]
  readonly #numbers: ReadonlyMap<string, number>
  readonly #lists: AddressLists
  readonly #keys: PointKeys
  /** Prefixes of routes at the rim. */
  readonly #prefixes = new Set<number>()
  readonly #foreign = new Map<readonly Prefix[], string>()
  readonly #guests = new Map<Filter | undefined, number>()
  readonly #services: ReadonlyMap<string, Service>
  readonly #roles = new Map<
    string,
    { readonly text: string; readonly lists: readonly (readonly Prefix[])[] }
  >()

  /** @param rim hosts with all of their VMs */
  constructor(world: World, rim: readonly Node[]) {
    this.#world = world
    this.#rim = rim
    this.#numbers = new Map(rim.map(({ id }, number) => [id, number]))
    this.#lists = new AddressLists(rim)
    this.#keys = new PointKeys(this.#lists)
    this.#services = new Map(world.network.services.map((service) => [service.name, service]))
  }

  get addresses(): AddressLists {
    return this.#lists
  }

  /**
   * @param markOthers says of machines what all others say of them, once their own points have been read; false: no column stands for itself
   * @param apartBy what else tells machines apart
   */
  build(
    markOthers: (lists: AddressLists) => boolean,
    apartBy: (node: Node) => string = () => '',
  ): readonly Column[] | undefined {
    const drafts = this.#rim.map((node) => (node.kind === 'vm' ? this.#vm(node) : this.#host(node)))
    if (!markOthers(this.#lists)) return undefined
    const columns: Column[] = []
    const numberOf = interner()
    const complete = (number: number): Column => {
      const known = columns[number]
      if (known) return known
      const node = this.#rim[number] as Node
      const { key, lists } = drafts[number] as Draft
      const colour = this.#lists.colour(number, node)
      const own = `${key} ${colour} ${lists.map((list) => this.#foreignOf(list))} ${apartBy(node)}`
      const host = node.vm ? (this.#numbers.get(node.vm.host) as number) : number
      const above = node.vm && complete(host)
      columns[number] = {
        node,
        host,
        key: numberOf(`${own} on ${above?.key}`),
        lists: above ? [...lists, ...above.lists] : lists,
      }
      return columns[number] as Column
    }
    this.#rim.forEach((_, number) => {
      complete(number)
    })
    return columns
  }

  #vm(vm: Node): Draft {
    const { network, policy } = this.#world
    const [up] = neighboursOf(network, vm.id)
    const points = up
      ? [...bothWays(policy, up.node.id, up.far.interface), ...bothWays(policy, vm.id, up.near.interface)]
      : []
    const role = this.#role(vm)
    const routes = this.#routes(vm, () => 'host')
    return this.#draft(`vm ${vm.site} ${role.text} ${routes}`, points, role.lists)
  }

  #host(host: Node): Draft {
    const { network, policy } = this.#world
    const neighbours = neighboursOf(network, host.id)
    const uplinks = neighbours.filter(({ node }) => node.kind !== 'vm')
    const ports = new Map(
      neighbours.flatMap(({ node, near }) => (node.kind === 'vm' ? [[near.interface, node]] : [])),
    )
    const above = new Map(uplinks.map(({ near, node }) => [near.interface, node.id]))
    const points = uplinks.flatMap(({ node, near, far }) => [
      ...bothWays(policy, host.id, near.interface),
      ...bothWays(policy, node.id, far.interface),
    ])
    const routes = this.#routes(host, ({ interface: name }, { prefix }) => {
      const vm = ports.get(name)
      const owner = isSingle(prefix) ? this.#lists.ownerOf(prefix) : undefined
      if (!vm) return above.get(name) ?? name
      const number = this.#numbers.get(vm.id)
      if (owner !== undefined && owner === number) return undefined
      if (number !== undefined) this.#lists.mark(number, 'its host leads others to it')
      return `port ${vm.id}`
    })
    const uplinkText = uplinks.map(({ node }) => node.id).join()
    const behind = vmsOfHost(network, host.id).flatMap(({ addresses }) => addresses.map(hostPrefix))
    return this.#draft(`host ${host.site} ${uplinkText} ${routes}`, points, [behind])
  }

  #draft(text: string, points: readonly Point[], model: readonly (readonly Prefix[])[]): Draft {
    const lists: (readonly Prefix[])[] = [...model]
    const pattern: number[] = []
    for (const list of points.flatMap(({ sets = [] }) => sets)) {
      const at = lists.indexOf(list)
      pattern.push(at < 0 ? lists.length : at)
      if (at < 0) lists.push(list)
    }
    return { key: `${text} ${points.map((point) => this.#keys.of(point))} ${pattern}`, lists }
  }

  /**
   * Routes of a machine at the rim. Those to the VMs of a host by their own ports go without saying, if there is one for each.
   * @param hopText `undefined`: it goes without saying
   */
  #routes(node: Node, hopText: (hop: NextHop, route: Route) => string | undefined): string {
    const said: string[] = []
    for (const route of this.#world.routes(node.id)) {
      const { prefix, nextHops } = route
      const hops = nextHops.map((hop) => hopText(hop, route))
      if (hops.length === 1 && hops[0] === undefined) {
        this.#lists.mark(this.#lists.ownerOf(prefix) as number, `at its host ${prefix.family}`)
        continue
      }
      const number = this.#lists.prefix(prefix)
      said.push(`${number}>${hops}`)
      if (this.#prefixes.has(number)) continue
      this.#prefixes.add(number)
      this.#lists.literal([prefix])
    }
    return said.sort().join()
  }

  /** What the model says of a VM: the roles of its service, and which of them it has. */
  #role({ site = '', vm }: Node): { readonly text: string; readonly lists: readonly (readonly Prefix[])[] } {
    const id = `${site} ${vm?.service} ${vm?.role}`
    const known = this.#roles.get(id)
    if (known) return known
    const { network } = this.#world
    const service = this.#services.get(vm?.service ?? '')
    const lists =
      service?.roles.map(({ name }) =>
        vmsOfRole(network, site, service.name, name).flatMap(({ addresses }) => addresses.map(hostPrefix)),
      ) ?? []
    const guest = siteByName(network, site)?.filters.guests[guestKey(vm?.service ?? '', vm?.role ?? '')]
    const made = {
      text: `${service ? serviceText(service, vm?.role) : ''} ${this.#guest(guest?.filter)}`,
      lists,
    }
    this.#roles.set(id, made)
    return made
  }

  /** A number for each guest firewall that a customer wrote. */
  #guest(filter: Filter | undefined): number {
    const known = this.#guests.get(filter) ?? this.#guests.size
    this.#guests.set(filter, known)
    return known
  }

  /** Of addresses in a column's own list that no machine of the rim has, what tells them apart. */
  #foreignOf(list: readonly Prefix[]): string {
    const known = this.#foreign.get(list) ?? this.#foreignText(list)
    this.#foreign.set(list, known)
    return known
  }

  #foreignText(list: readonly Prefix[]): string {
    const texts = list.flatMap((prefix) => {
      if (!isSingle(prefix)) return [`${prefix.family}/${prefix.value}/${prefix.length}`]
      return this.#lists.ownerOf(prefix) === undefined ? [this.#lists.colourOf(prefix)] : []
    })
    return [...new Set(texts)].sort().join()
  }
}

const bothWays = (policy: World['policy'], node: string, iface: string): readonly Point[] => [
  ...pointsAt(policy, node, iface, 'in'),
  ...pointsAt(policy, node, iface, 'out'),
]

/** Roles by their places and what they open; lines and names do not matter. */
function serviceText({ roles }: Service, own: string | undefined): string {
  const place = new Map(roles.map(({ name }, index) => [name, index]))
  const endpoints = roles.map((role) =>
    role.endpoints.map(({ at: _, name: __, probe: ___, only, acl, ...rest }) => ({
      ...rest,
      only: only?.from.map((name) => place.get(name)),
      acl: acl?.rules.map(({ action, sources }) => [action, sources.map(formatPrefix)]),
    })),
  )
  return JSON.stringify([place.get(own ?? ''), endpoints])
}

function interner(): (text: string) => number {
  const numbers = new Map<string, number>()
  return (text) => {
    const number = numbers.get(text) ?? numbers.size
    numbers.set(text, number)
    return number
  }
}
