/**
 * Whether anything at all can be lost after a failure. Most failures lose nothing on any way between any two machines, and then no promise
 * can be cut, whoever sends: it is enough to look who is left. What is found holds for every failure of the same {@link StandIns.key}.
 */
import { type Network, type Node, nodeById, virtualEndpoints } from '../../model/index.ts'
import type { Ip } from '../../net/index.ts'
import type { OpenPromise } from './promise.ts'
import { gateOf } from './stand-ins.ts'
import type { Ways } from './ways.ts'

export class Soundness {
  readonly #known = new Map<string, boolean>()
  readonly #covered = new Map<OpenPromise, boolean>()
  /** One of each site and family. */
  readonly #vips: readonly { readonly site: string; readonly vip: Ip }[]
  readonly #internet: Node

  constructor(network: Network) {
    const vips = virtualEndpoints(network).map(({ site, vip }) => ({ site, vip }))
    this.#vips = [...new Map(vips.map((each) => [`${each.site} ${each.vip.family}`, each])).values()]
    this.#internet = network.nodes.find(({ kind }) => kind === 'internet') as Node
  }

  /** Whether a promise cannot be cut, since it is about ways that are looked at, and nothing is lost on any of them. */
  isKept(promise: OpenPromise, ways: Ways): boolean {
    let isCovered = this.#covered.get(promise)
    if (isCovered === undefined) {
      isCovered = this.#covers(promise)
      this.#covered.set(promise, isCovered)
    }
    return isCovered && this.of(ways)
  }

  /** The outside reaches machines by VIPs alone. */
  #covers({ senders, goal }: OpenPromise): boolean {
    return goal.kind !== 'machines' || !senders.includes(this.#internet.id)
  }

  /** Whether packets get there on every equal way, from every machine to every other, to VIPs and outside, and back. */
  of(ways: Ways): boolean {
    const { key } = ways.standIns
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const made = this.#find(ways)
    this.#known.set(key, made)
    return made
  }

  #find(ways: Ways): boolean {
    const { network } = ways
    const { senders, targets } = ways.standIns
    const gates = new Set(targets.map(({ node }) => gateOf(nodeById(network, node) as Node)))
    const sites = new Set([...gates].map((id) => nodeById(network, id)?.site))
    const balancers = network.nodes.filter(({ kind }) => kind === 'balancer')
    const arrives = (from: string, to: Ip, isMeant: (end: string) => boolean): boolean => {
      const { ends, lostAt } = ways.from(from, to)
      return lostAt === undefined && [...ends].every(isMeant)
    }
    const isBalancer = (id: string): boolean => nodeById(network, id)?.kind === 'balancer'
    const reachesMachines = (from: string, within?: string): boolean =>
      targets.every(({ node, address }) => {
        const target = nodeById(network, node) as Node
        const isMeant = within === undefined || target.site === within
        return !isMeant || gateOf(target) === from || arrives(from, address, (end) => end === node)
      })
    const reachesRows = (from: string): boolean =>
      this.#vips.every(
        ({ site, vip }) => !sites.has(site) || arrives(from, ways.vipLike(site, vip), isBalancer),
      ) &&
      balancers.every(({ id, publicAddresses }) =>
        publicAddresses.every((lent) => arrives(from, lent, (end) => end === id)),
      )
    const outside = this.#internet
    const reachesOutside = (from: string): boolean =>
      outside.addresses.every((address) => arrives(from, address, (end) => end === outside.id))
    return (
      [...new Set([...senders, ...gates])].every(
        (id) => reachesMachines(id) && reachesRows(id) && reachesOutside(id),
      ) &&
      balancers.every(({ id, site }) => reachesMachines(id, site)) &&
      reachesRows(outside.id)
    )
  }
}
