/**
 * Addresses that no packet from the Internet may bear as its source: the IANA special-purpose registries (RFC 6890 and its updates), what
 * RFC 4291 reserves, and what means each host itself here, whoever has it elsewhere.
 */
import { hostPrefix, type Prefix, prefix, prefixContains, subtractPrefixes } from '../net/index.ts'
import { hostServices } from './host-services.ts'

const registered: readonly Prefix[] = [
  '0.0.0.0/8', // this network, RFC 791
  '10.0.0.0/8', // private use, RFC 1918
  '100.64.0.0/10', // shared address space, RFC 6598
  '127.0.0.0/8', // loopback, RFC 1122
  '169.254.0.0/16', // link local, RFC 3927
  '172.16.0.0/12', // private use, RFC 1918
  '192.0.0.0/24', // IETF protocol assignments, RFC 6890
  '192.0.2.0/24', // documentation, RFC 5737
  '192.168.0.0/16', // private use, RFC 1918
  '198.18.0.0/15', // benchmarking, RFC 2544
  '192.88.99.0/24', // 6to4 relays, deprecated by RFC 7526
  '198.51.100.0/24', // documentation, RFC 5737
  '203.0.113.0/24', // documentation, RFC 5737
  '224.0.0.0/4', // multicast, RFC 5771
  '240.0.0.0/4', // reserved, RFC 1112; limited broadcast, RFC 919
  '::/8', // unspecified, loopback, IPv4-mapped, translation: reserved by RFC 4291
  '100::/64', // discard only, RFC 6666
  '100:0:0:1::/64', // dummy prefix, RFC 9780
  '2001:2::/48', // benchmarking, RFC 5180
  '2002::/16', // 6to4, deprecated by RFC 7526: its addresses hide IPv4 ones
  '2001:10::/28', // ORCHID, RFC 4843
  '2001:db8::/32', // documentation, RFC 3849
  '3fff::/20', // documentation, RFC 9637
  '5f00::/16', // segment routing identifiers, RFC 9602
  'fc00::/7', // unique local, RFC 4193
  'fe80::/10', // link local, RFC 4291
  'fec0::/10', // site local, deprecated by RFC 3879
  'ff00::/8', // multicast, RFC 4291
].map(prefix)

export const specialPurpose: readonly Prefix[] = [
  ...registered,
  ...hostServices
    .flatMap(({ addresses }) => addresses)
    .filter((address) => !registered.some((one) => prefixContains(one, address)))
    .map(hostPrefix),
]

/** The special-purpose prefixes without those that the network itself uses in public. */
export const bogonsWithout = (own: readonly Prefix[]): Prefix[] => subtractPrefixes(specialPurpose, own)
