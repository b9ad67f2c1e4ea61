/**
 * Port security: what a machine's port holds against a frame that the machine sends, and the tier of rules that say so. This is
 * the specification; `dataplane/emit/port.ts` says the same in the kernel.
 */
import { formatIp, type Ip, ipEquals, type Mac } from '../net/index.ts'
import { arp, type Discovery, type Headers, icmp6 } from '../wire/index.ts'
import { builtIn } from './built-in.ts'
import type { PortOffence, PortTier } from './point.ts'
import type { Rule } from './rule.ts'

const offence = (id: PortOffence, why: string): Rule => builtIn(`port/${id}`, 'deny', why)

/** In the order in which they are asked. */
const offences: Readonly<Record<PortOffence, Rule>> = Object.freeze({
  'hardware-address': offence('hardware-address', 'A machine sends with its own hardware address.'),
  'arp-form': offence('arp-form', 'ARP here asks or answers about IPv4 on Ethernet, and nothing else.'),
  'arp-hardware': offence('arp-hardware', 'A machine does not answer with the hardware address of another.'),
  'arp-address': offence('arp-address', 'A machine does not claim an IPv4 address that is not its own.'),
  router: offence('router', 'A machine behind a port is no router and redirects nobody.'),
  'discovery-form': offence('discovery-form', 'Cut short, or with options behind which anything could hide.'),
  'discovery-source': offence('discovery-source', 'Neighbours are discovered from an own address.'),
  'discovery-target': offence(
    'discovery-target',
    'A machine does not claim an IPv6 address that is not its own.',
  ),
  'discovery-hardware': offence(
    'discovery-hardware',
    'A machine does not give the hardware address of another.',
  ),
})

/** The first tier of what a machine sends through its port. */
export const portTier = (mac: Mac, linkLocal: Ip, addresses: readonly Ip[]): PortTier =>
  Object.freeze({ kind: 'port', name: 'port-security', mac, linkLocal, addresses, offences })

/**
 * What is held against a frame, if anything. Throws `TypeError` for ARP or neighbour discovery of which only the shape is
 * known: that is a mistake of the caller, who must read frames with `readFrame`.
 */
export function portOffence(tier: PortTier, frame: Headers): PortOffence | undefined {
  const { link } = frame
  const talk = frame.kind === 'odd' && (frame.reason === 'arp' || frame.reason === 'neighbour-discovery')
  if (!link) {
    if (talk) throw new TypeError(`judge ${frame.reason} at a port: read the frame with readFrame`)
    return undefined
  }
  if (link.source !== tier.mac) return 'hardware-address'
  if (!talk) return undefined
  return frame.reason === 'arp' ? arpOffence(tier, link.arp) : discoveryOffence(tier, link.discovery)
}

function arpOffence({ mac, addresses }: PortTier, said: arp.Header | undefined): PortOffence | undefined {
  if (!said || (said.operation !== arp.Operation.request && said.operation !== arp.Operation.reply))
    return 'arp-form'
  if (said.senderMac !== mac) return 'arp-hardware'
  const own = (address: Ip): boolean => addresses.some((candidate) => ipEquals(candidate, address))
  const probes = formatIp(said.senderIp) === '0.0.0.0' && said.operation === arp.Operation.request
  return own(probes ? said.targetIp : said.senderIp) ? undefined : 'arp-address'
}

function discoveryOffence(tier: PortTier, said: Discovery | undefined): PortOffence | undefined {
  if (!said) return 'discovery-form'
  const { type, source, target, claims } = said
  if (type === icmp6.Type.routerAdvertisement || type === icmp6.Type.redirect) return 'router'
  if (!claims) return 'discovery-form'
  const own = (address: Ip): boolean =>
    [tier.linkLocal, ...tier.addresses].some((candidate) => ipEquals(candidate, address))
  const advertises = type === icmp6.Type.neighbourAdvertisement
  const nameless = formatIp(source) === '::' && !advertises
  if (!nameless && !own(source)) return 'discovery-source'
  if (target && (nameless || advertises) && !own(target)) return 'discovery-target'
  return claims.every((claim) => claim === tier.mac) ? undefined : 'discovery-hardware'
}
