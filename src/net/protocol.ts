import type { Family } from './ip.ts'

/** IP protocol numbers that Glacis names (IANA protocol-numbers registry). */
export const Protocol = Object.freeze({ icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const)

/** The protocol number by which a family's ICMP goes. */
export const icmpOf = (family: Family): number => (family === 4 ? Protocol.icmp : Protocol.icmp6)

const names = new Map<number, string>(Object.entries(Protocol).map(([name, number]) => [number, name]))

/** `tcp`, `udp`, `icmp`, `icmp6`, or the number as text. */
export const formatProtocol = (protocol: number): string => names.get(protocol) ?? String(protocol)

/** A name of {@link Protocol}, `icmpv6`, or a number 0–255; `undefined` otherwise. */
export function parseProtocol(text: string): number | undefined {
  const lower = text.toLowerCase()
  if (lower === 'icmpv6' || lower === 'ipv6-icmp') return Protocol.icmp6
  if (Object.hasOwn(Protocol, lower)) return Protocol[lower as keyof typeof Protocol]
  return /^\d{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : undefined
}

/** TCP and UDP carry ports; nothing else that Glacis matches does. */
export const hasPorts = (protocol: number): boolean => protocol === Protocol.tcp || protocol === Protocol.udp
