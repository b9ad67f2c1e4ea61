/** What routers tell a sender of its packet: that it is too big, or that its hop limit is used up (RFC 792, RFC 1191, RFC 4443). */
import { type Network, type Node, type NodeKind, vmsOfHost } from '../../model/index.ts'
import { type Ip, icmpOf, ipEquals } from '../../net/index.ts'
import type { IpHeaders } from '../../wire/index.ts'

/**
 * Routers on the way that tell something. Balancers are not among them: what they say themselves bears an inside address, which leaves by no access
 * router, so that the links on both their sides have to take the same packets.
 */
const telling: ReadonlySet<NodeKind> = new Set([
  'internet',
  'isp',
  'access-router',
  'distribution-router',
  'host',
])

/** Types of what routers tell, of those in `icmpErrors`: too big or unreachable, hop limit used up. Who finds a header wrong is the receiver. */
export const toldTypes: Readonly<Record<4 | 6, readonly number[]>> = Object.freeze({
  4: [3, 11],
  6: [1, 2, 3],
})

/** The addresses that a router speaks with of what it forwards; none of those that tell nothing. An access router speaks to the outside. */
export const tellingAddresses = ({ kind, addresses, publicAddresses }: Node): readonly Ip[] =>
  telling.has(kind) ? (kind === 'access-router' ? publicAddresses : addresses) : []

/** Whose packets a router tells something of: a host is the first router of its own VMs, and of nobody else. Absent: everybody's. */
export const toldOf = (network: Network, { id, kind }: Node): readonly Node[] | undefined =>
  kind === 'host' ? vmsOfHost(network, id) : undefined

/** Errors about a packet that came to a router to be forwarded. */
export const toldBy = (network: Network, router: Node, about: IpHeaders): readonly IpHeaders[] =>
  tellingAddresses(router)
    .filter(({ family }) => family === about.family)
    .filter(
      () =>
        toldOf(network, router)?.some(({ addresses }) =>
          addresses.some((address) => ipEquals(address, about.source)),
        ) ?? true,
    )
    .map((source): IpHeaders => {
      const { family, destination, protocol, sourcePort, destinationPort } = about
      return {
        kind: 'ip',
        family,
        source,
        destination: about.source,
        protocol: icmpOf(family),
        hopLimit: 64,
        sourcePort: 0,
        destinationPort: 0,
        tcpFlags: 0,
        icmpType: tooBig[family].type,
        icmpCode: tooBig[family].code,
        quoted: { source: about.source, destination, protocol, sourcePort, destinationPort },
      }
    })

/** Fragmentation needed (RFC 1191), packet too big (RFC 4443 section 3.2). */
const tooBig = { 4: { type: 3, code: 4 }, 6: { type: 2, code: 0 } } as const
