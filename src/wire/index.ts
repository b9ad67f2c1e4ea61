/**
 * Frames on the wire: one codec per protocol (`ipv4.check` a view, `ipv4.parse` a value, `ipv4.emit` bytes, `ipv4.field`
 * the offsets), and `readHeaders`, the reference meaning of a frame to a filter.
 */
export * as arp from './arp.ts'
export * from './build-frame.ts'
export * from './checksum.ts'
export * as ethernet from './ethernet.ts'
export * from './frame-of.ts'
export * from './headers.ts'
export * as icmp from './icmp.ts'
export type { Message as IcmpMessage } from './icmp-message.ts'
export * as icmp6 from './icmp6.ts'
export * as ipv4 from './ipv4.ts'
export * as ipv6 from './ipv6.ts'
export * from './link-headers.ts'
export * as ndp from './ndp.ts'
export * from './pcap.ts'
export * from './pcapng.ts'
export * from './read-headers.ts'
export * from './summarize.ts'
export * as tcp from './tcp.ts'
export * as udp from './udp.ts'
export * as vlan from './vlan.ts'
