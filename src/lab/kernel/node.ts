/** A node of the network as a namespace of the kernel, and the parameters it has before it gets links. */
import {
  closeNamespace,
  createNamespace,
  type Namespace,
  type NetlinkSocket,
  openNetlink,
  settleLink,
  writeSysctls,
} from '../../kernel/index.ts'
import {
  forwards,
  interfaceNumbers,
  type Neighbour,
  type Network,
  type Node,
  neighboursOf,
} from '../../model/index.ts'

export class KernelNode {
  readonly node: Node
  readonly namespace: Namespace
  /** For the time of setting up; see `settle`. */
  readonly netlink: NetlinkSocket
  /** Interface index by name. They are numbered in the order of the node's links, so that nothing has to be asked. */
  readonly interfaces: ReadonlyMap<string, number>
  readonly #network: Network
  #settled = false

  /** Makes the namespace, without links. Throws `KernelError` or `Error` naming the parameter that this kernel lacks. */
  constructor(network: Network, node: Node) {
    this.node = node
    this.#network = network
    this.interfaces = interfaceNumbers(network, node.id)
    this.namespace = createNamespace()
    try {
      writeSysctls(this.namespace, forwards(node) ? { ...ofRouters, ...ofAll } : ofAll)
      this.netlink = openNetlink(this.namespace)
    } catch (error) {
      closeNamespace(this.namespace)
      throw error
    }
  }

  /** Index of an interface that the network says is there. */
  interfaceIndex(name: string): number {
    const index = this.interfaces.get(name)
    if (index === undefined)
      throw new Error(
        `find interface ${name} of ${this.node.id}: the network has no such link (a bug of Glacis)`,
      )
    return index
  }

  /** What an interface that the network says is there leads to. */
  cable(name: string): Neighbour {
    return neighboursOf(this.#network, this.node.id)[this.interfaceIndex(name) - 2] as Neighbour
  }

  /**
   * Finishes what bringing the links up has started; from then on no packet is lost to a link that is not ready. To be called once
   * both ends of all links are up. Ends the use of `netlink`.
   */
  settle(): void {
    for (const name of this.interfaces.keys()) settleLink(this.netlink, name)
    this.#closeNetlink()
  }

  /** The kernel removes the namespace, and its links at both ends, as soon as nothing else holds it. */
  close(): void {
    this.#closeNetlink()
    closeNamespace(this.namespace)
  }

  #closeNetlink(): void {
    if (!this.#settled) this.netlink.close()
    this.#settled = true
  }
}

/** Index of the loopback interface in every namespace. */
export const loopback = 1

/** Written first: `ip_forward` sets other parameters back to what RFC 1812 wants of routers. */
const ofRouters = {
  'net.ipv4.ip_forward': 1,
  'net.ipv6.conf.all.forwarding': 1,
}

const ofAll = {
  // Whoever has no route back to a source is not asked: the filters decide about sources.
  'net.ipv4.conf.all.rp_filter': 0,
  'net.ipv4.conf.default.rp_filter': 0,
  // Routes are what the network says, whoever claims to know better.
  'net.ipv4.conf.all.send_redirects': 0,
  'net.ipv4.conf.default.send_redirects': 0,
  'net.ipv4.conf.all.accept_redirects': 0,
  'net.ipv4.conf.default.accept_redirects': 0,
  'net.ipv6.conf.default.accept_redirects': 0,
  'net.ipv6.conf.default.accept_ra': 0,
  'net.ipv6.conf.default.autoconf': 0,
  'net.ipv6.conf.default.router_solicitations': 0,
  // Addresses are usable at once, and are those of the network only: no link-local ones of the kernel's own making.
  'net.ipv6.conf.default.accept_dad': 0,
  'net.ipv6.conf.default.addr_gen_mode': 1,
  // Equal ways share flows, not packets of one flow: by addresses and ports.
  'net.ipv4.fib_multipath_hash_policy': 1,
  'net.ipv6.fib_multipath_hash_policy': 1,
  // A probe's answer may be an ICMP error, and hundreds are sent at once.
  'net.ipv4.icmp_ratemask': 0,
  'net.ipv6.icmp.ratelimit': 0,
  // Echo requests without a raw socket.
  'net.ipv4.ping_group_range': '0 2147483647',
  // An answer that a filter dropped is not sent again, to be dropped and counted again.
  'net.ipv4.tcp_synack_retries': 0,
}
