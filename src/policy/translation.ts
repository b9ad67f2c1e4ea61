/**
 * What a balancer rewrites. Both families alike; checksums follow. Fragments never get here (shape tier).
 *
 * Inbound, a packet to `vip:port` goes to the backend that the flow's five-tuple chooses by consistent hashing, and a
 * reply from that backend leaves with the source `vip:port` again: no state is kept, so any balancer of the site can
 * take any packet. Outbound connections of VMs leave from the balancer's own egress address with a port that it lends them;
 * that is state, kept in one balancer, to which the egress address is routed. A connection is opened, followed and forgotten as
 * a flow of a VM's filter is: packets that do not fit it are left alone.
 *
 * ICMP errors follow the flow that they quote: outer addresses and quoted addresses and ports are rewritten together, and
 * an error from anywhere inside leaves with the VIP (or egress address) as its source, so that no router of the inside
 * shows itself. Not translated, and so denied: errors from inside about an echo reply whose identifier is 0, which look like
 * errors about other ICMP.
 */
import type { Ip, PortRange } from '../net/index.ts'
import type { Rule } from './rule.ts'

export type Translation = EndpointIn | EndpointOut | EgressOut | EgressIn

/** A machine behind an endpoint. */
export interface Backend {
  readonly node: string
  readonly address: Ip
  readonly port: number
}

/** Ports of an egress address, and who may borrow them. `egress-table.ts` is its meaning. */
export interface Lending {
  readonly address: Ip
  readonly ports: PortRange
  /**
   * The VMs, by their addresses of the family. Each has a block of the ports, by its place in the list, and only those: so none can take
   * all that there are toward a remote end.
   */
  readonly borrowers: readonly Ip[]
  /** Connections of each VM: the first to give way are those that are over or not answered; living ones never do. */
  readonly quota: number
  /** Denies a new connection for which there is no room, or no port. Its `match` is empty. */
  readonly full: Rule
}

/** To a declared VIP, protocol and port: destination becomes the chosen backend's address and port. */
export interface EndpointIn {
  readonly kind: 'endpoint-in'
  readonly rule: Rule
  readonly vip: Ip
  readonly protocol: number
  readonly port: number
  /** Of the VIP's family; in a stable order. */
  readonly backends: readonly Backend[]
  /**
   * Present where packets arrive from inside the site (a VM that uses a VIP): the backend's reply to an inside source
   * would not come back through the balancer, so the source is translated too, as by {@link EgressOut}.
   */
  readonly hairpin?: Lending
}

/**
 * From a backend's address and port: source becomes the VIP and its port. The reverse of {@link EndpointIn}. TCP that opens a
 * connection (of FIN, SYN, RST and ACK only SYN) is no reply and left alone.
 */
export interface EndpointOut {
  readonly kind: 'endpoint-out'
  readonly rule: Rule
  readonly vip: Ip
  readonly protocol: number
  readonly port: number
  readonly backends: readonly Backend[]
}

/** A connection that a VM opens outward: source becomes the egress address and a port lent. */
export interface EgressOut extends Lending {
  readonly kind: 'egress-out'
  readonly rule: Rule
}

/** A packet to the egress address that belongs to such a connection: destination becomes the VM again. */
export interface EgressIn {
  readonly kind: 'egress-in'
  readonly rule: Rule
  readonly address: Ip
  readonly ports: PortRange
  /**
   * Present where packets arrive from inside the site: they are replies of backends to connections that
   * {@link EndpointIn.hairpin} translated, and their source becomes the VIP and its port again.
   */
  readonly hairpin?: readonly EndpointOut[]
}

/** The ports that a translation lends, if it does. */
export function lendingOf(translation: Translation): Lending | undefined {
  if (translation.kind === 'egress-out') return translation
  return translation.kind === 'endpoint-in' ? translation.hairpin : undefined
}

/** The rules that refuse connections in a tier, each once. */
export const fullRulesOf = ({
  translations,
}: {
  readonly translations: readonly Translation[]
}): readonly Rule[] => [...new Set(translations.flatMap((translation) => lendingOf(translation)?.full ?? []))]
