/** Port security as code: `policy/port-security.ts` is its meaning, `wire/link-headers.ts` what it reads. */
import type { Label, ProgramBuilder, Value } from '../../bpf/index.ts'
import { type Family, ipBytes, macBytes } from '../../net/index.ts'
import type { PortOffence, PortTier } from '../../policy/index.ts'
import { arp, discoveryForms, icmp6, ndp, OptionType, optionSize } from '../../wire/index.ts'
import type { Frame } from './frame.ts'
import { at, network16 } from './parse.ts'

/** Where frames go against which the tier holds something. */
export type OffenceLabels = Readonly<Record<PortOffence, Label>>

export interface PortContext {
  readonly b: ProgramBuilder
  readonly frame: Frame
  /** Families of which the machine has an address. */
  readonly families: readonly Family[]
  readonly offence: OffenceLabels
  /** Where a frame goes that turns out shorter than its headers said. */
  readonly short: Label
}

/** Parameters: the machine's addresses, word by word as they are loaded from a frame. */
const names = {
  mac: ['port-mac-0', 'port-mac-4'],
  4: ['port-ipv4'],
  6: ['port-ipv6-0', 'port-ipv6-8'],
  linkLocal: ['port-link-local-0', 'port-link-local-8'],
} as const

/** The values of a tier's parameters. */
export function portParameters({ mac, linkLocal, addresses }: PortTier): Record<string, bigint> {
  const own = (family: Family) => addresses.find((address) => address.family === family)
  const four = own(4)
  const six = own(6)
  return {
    ...words(names.mac, macBytes(mac), 4),
    ...words(names.linkLocal, ipBytes(linkLocal), 8),
    ...(four && words(names[4], ipBytes(four), 4)),
    ...(six && words(names[6], ipBytes(six), 8)),
  }
}

/** Little-endian words of a size, the last one shorter where the bytes end. */
function words(keys: readonly string[], bytes: Uint8Array, size: number): Record<string, bigint> {
  return Object.fromEntries(
    keys.map((key, index) => {
      const word = bytes.subarray(index * size, (index + 1) * size)
      return [key, word.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)]
    }),
  )
}

/** Asked of every frame once it is known to have an Ethernet header. */
export function emitHardwareAddress({ b, frame, offence }: PortContext): void {
  emitSameMac(b, frame, sourceMac, offence['hardware-address'])
}

const sourceMac = 6

/** Falls through if the hardware address at an offset is the machine's. */
function emitSameMac(b: ProgramBuilder, { data }: Frame, offset: number, other: Label): void {
  b.jumpIf(b.ne(b.load(4, data, offset), b.parameter(names.mac[0])), other)
  b.jumpIf(b.ne(b.load(2, data, offset + 4), b.parameter(names.mac[1])), other)
}

/** Hardware type 1, protocol type 0x0800, lengths 6 and 4 (RFC 826), as a little-endian machine loads them. */
const ethernetIpv4 = { types: 0x0008_0100, lengths: 0x0406 } as const

/** For frames that parsing took for ARP; falls through if nothing is held against them. */
export function emitArp({ b, frame, families, offence, short }: PortContext): void {
  const { data } = frame
  const field = (name: keyof typeof arp.field): number => 14 + arp.field[name]
  b.requireBytes(frame, field('end'), short)
  b.jumpIf(b.ne(b.load(4, data, field('hardwareType')), ethernetIpv4.types), offence['arp-form'])
  b.jumpIf(b.ne(b.load(2, data, field('hardwareLength')), ethernetIpv4.lengths), offence['arp-form'])
  const operation = b.load(2, data, field('operation'))
  const { request, reply } = arp.Operation
  const known = b.label('operation')
  b.jumpIf(b.eq(operation, network16(request)), known)
  b.jumpIf(b.ne(operation, network16(reply)), offence['arp-form'])
  b.place(known)
  emitSameMac(b, frame, field('senderMac'), offence['arp-hardware'])
  if (!families.includes(4)) return b.jump(offence['arp-address'])
  const claimed = b.load(4, data, field('senderIp'))
  b.if(b.all(b.eq(claimed, 0), b.eq(operation, network16(request))), () =>
    b.set(claimed, b.load(4, data, field('targetIp'))),
  )
  b.jumpIf(b.ne(claimed, b.parameter(names[4][0])), offence['arp-address'])
}

/** For frames that parsing took for neighbour discovery; falls through if nothing is held against them. */
export function emitDiscovery(context: PortContext): void {
  const { b, frame, offence } = context
  const type = b.load(1, frame.data, at[6].transport)
  const segment = b.bigEndian(b.load(2, frame.data, at[6].payloadLength), 16)
  const { routerAdvertisement, redirect, routerSolicitation } = icmp6.Type
  const { neighbourSolicitation, neighbourAdvertisement } = icmp6.Type
  const [solicits, advertises, honest] = [b.label('solicits'), b.label('advertises'), b.label('honest')]
  b.jumpIf(b.eq(type, routerAdvertisement), offence.router)
  b.jumpIf(b.eq(type, redirect), offence.router)
  b.jumpIf(b.eq(type, neighbourSolicitation), solicits)
  b.jumpIf(b.eq(type, neighbourAdvertisement), advertises)
  emitMessage(context, routerSolicitation, segment, honest)
  b.place(solicits)
  emitMessage(context, neighbourSolicitation, segment, honest)
  b.place(advertises)
  emitMessage(context, neighbourAdvertisement, segment, honest)
  b.place(honest)
}

/** What is held against a message of one type; jumps to `honest` if nothing is. */
function emitMessage(context: PortContext, type: number, segment: Value, honest: Label): void {
  const { b, frame, offence } = context
  const { source } = at[6]
  const target = at[6].transport + ndp.field.target
  const advertises = type === icmp6.Type.neighbourAdvertisement
  const hasTarget = type !== icmp6.Type.routerSolicitation
  const foreign = emitOptions(context, type, segment)
  const nameless = b.label('nameless')
  const options = b.label('options')
  if (!advertises) {
    const [high, low] = [b.load(8, frame.data, source), b.load(8, frame.data, source + 8)]
    b.jumpIf(b.eq(b.or(high, low), 0), nameless)
  }
  emitOwnAddress(context, source, offence['discovery-source'])
  if (advertises) emitOwnAddress(context, target, offence['discovery-target'])
  else {
    b.jump(options)
    b.place(nameless)
    if (hasTarget) emitOwnAddress(context, target, offence['discovery-target'])
  }
  b.place(options)
  b.jumpIf(b.ne(foreign, 0), offence['discovery-hardware'])
  b.jump(honest)
}

/** Reads a message's options, two at most; the result is not 0 if one of them bears a foreign hardware address. */
function emitOptions({ b, frame, offence, short }: PortContext, type: number, segment: Value): Value {
  const { options, claim } = discoveryForms[type] as (typeof discoveryForms)[number]
  const start = at[6].transport + options
  const unreadable = offence['discovery-form']
  const foreign = b.mov(0)
  const [none, one, first] = [b.label('no-option'), b.label('one-option'), b.label('first-option')]
  const emitOption = (offset: number): void => {
    const [kind, length] = [b.load(1, frame.data, offset), b.load(1, frame.data, offset + 1)]
    const [read, nonce, other] = [b.label('read'), b.label('nonce'), b.label('foreign')]
    b.jumpIf(b.ne(length, optionSize / 8), unreadable)
    b.jumpIf(b.ne(kind, claim), nonce)
    emitSameMac(b, frame, offset + 2, other)
    b.jump(read)
    b.place(other)
    b.set(foreign, 1)
    b.jump(read)
    b.place(nonce)
    b.jumpIf(b.ne(kind, OptionType.nonce), unreadable)
    b.place(read)
  }
  b.jumpIf(b.eq(segment, options), none)
  b.jumpIf(b.eq(segment, options + optionSize), one)
  b.jumpIf(b.ne(segment, options + 2 * optionSize), unreadable)
  b.requireBytes(frame, start + 2 * optionSize, short)
  emitOption(start + optionSize)
  b.jump(first)
  b.place(one)
  b.requireBytes(frame, start + optionSize, short)
  b.place(first)
  emitOption(start)
  const read = b.label('options-read')
  b.jump(read)
  b.place(none)
  // A message without options ends within what parsing has found to be there, unless it has a target.
  b.requireBytes(frame, start, short)
  b.place(read)
  return foreign
}

/** Falls through if the IPv6 address at an offset is one of the machine's. */
function emitOwnAddress({ b, frame, families }: PortContext, offset: number, other: Label): void {
  const [high, low] = [b.load(8, frame.data, offset), b.load(8, frame.data, offset + 8)]
  const own = b.label('own')
  if (families.includes(6)) {
    const foreign = b.label('not-global')
    b.jumpIf(b.ne(low, b.parameter(names[6][1])), foreign)
    b.jumpIf(b.eq(high, b.parameter(names[6][0])), own)
    b.place(foreign)
  }
  b.jumpIf(b.ne(low, b.parameter(names.linkLocal[1])), other)
  b.jumpIf(b.ne(high, b.parameter(names.linkLocal[0])), other)
  b.place(own)
}
