/**
 * Changing addresses and ports of a packet in place, with its checksums (RFC 1624): each change adds the complement of what
 * was there and what comes instead; at the end the sum is folded into the checksums that cover it.
 */
import type { Label, ProgramBuilder, StackSlot, Value } from '../../bpf/index.ts'
import { type Family, icmpOf, Protocol } from '../../net/index.ts'
import type { Frame } from '../emit/frame.ts'
import { at, type Parsed } from '../emit/parse.ts'
import { addressSize } from './maps.ts'

/** A place in memory that can be read directly. */
export interface Place {
  readonly base: Value | StackSlot
  readonly offset: number
}

/** An end of a flow to be put into a packet: where its address is, and its port as loaded from network order. */
export interface NewEnd {
  readonly address: Place
  readonly port: Value
}

const checksumAt = { tcp: 16, udp: 6, icmp: 2 } as const
const identifierAt = 4
const sides = { source: 0, destination: 2 } as const

type Side = keyof typeof sides

/** Sums of changes, in mutable registers. */
interface Sums {
  /** What the IPv4 header checksum covers. */
  readonly header: Value
  /** What the transport checksum covers. */
  readonly transport: Value
}

/**
 * Rewrites one or both ends of a packet of TCP, UDP or echo. The packet was parsed; `short` is where the verifier is sent for a
 * packet shorter than parsing has found it to be.
 */
export function emitRewrite(
  b: ProgramBuilder,
  frame: Frame,
  parsed: Parsed,
  ends: Partial<Record<Side, NewEnd>>,
  short: Label,
): void {
  const { family, protocol } = parsed
  const start = at[family].transport
  const sums: Sums = { header: b.mov(0), transport: b.mov(0) }
  for (const side of ['source', 'destination'] as const) {
    const end = ends[side]
    if (end) emitAddress(b, frame, family, at[family][side], end.address, sums.header)
  }
  if (family === 6) b.set(sums.transport, sums.header)
  const [tcp, udp, done] = [b.label('tcp'), b.label('udp'), b.label('rewritten')]
  b.jumpIf(b.eq(protocol, Protocol.tcp), tcp)
  b.jumpIf(b.eq(protocol, Protocol.udp), udp)

  b.requireBytes(frame, start + 8, short)
  for (const end of [ends.source, ends.destination])
    if (end) emitPort(b, frame, start + identifierAt, end.port, sums.transport)
  emitFold(b, frame, start + checksumAt.icmp, sums.transport)
  b.jump(done)

  b.place(tcp)
  b.requireBytes(frame, start + 20, short)
  emitPorts(b, frame, start, ends, sums.transport)
  if (family === 4) b.set(sums.transport, b.add(sums.transport, sums.header))
  emitFold(b, frame, start + checksumAt.tcp, sums.transport)
  b.jump(done)

  b.place(udp)
  b.requireBytes(frame, start + 8, short)
  emitPorts(b, frame, start, ends, sums.transport)
  if (family === 4) b.set(sums.transport, b.add(sums.transport, sums.header))
  emitUdpFold(b, frame, start + checksumAt.udp, sums.transport)

  b.place(done)
  if (family === 4) emitFold(b, frame, at[4].checksum, sums.header)
}

/** What an ICMP error gets: a new outer source or destination, and new ends of the packet that it quotes. */
export interface ErrorRewrite {
  readonly outer: Partial<Record<Side, Place>>
  readonly quoted: Partial<Record<Side, NewEnd>>
  readonly quotedProtocol: Value
}

/**
 * Rewrites an ICMP error and the headers that it quotes, with their checksums as far as they are quoted: of TCP, the first eight bytes
 * alone have none (RFC 5508 section 4.2).
 */
export function emitErrorRewrite(
  b: ProgramBuilder,
  frame: Frame,
  parsed: Parsed,
  change: ErrorRewrite,
  short: Label,
): void {
  const { family } = parsed
  const start = at[family].transport
  const shift = start + 8 - 14
  b.requireBytes(frame, start + shift + 8, short)
  const header = b.mov(0)
  const transport = b.mov(0)
  for (const side of ['source', 'destination'] as const) {
    const place = change.outer[side]
    if (place) emitAddress(b, frame, family, at[family][side], place, header)
  }
  if (family === 6) b.set(transport, header)
  const quotedHeader = b.mov(0)
  for (const side of ['source', 'destination'] as const) {
    const end = change.quoted[side]
    if (end) emitAddress(b, frame, family, shift + at[family][side], end.address, quotedHeader)
  }
  b.set(transport, b.add(transport, quotedHeader))
  if (family === 4) emitQuotedFold(b, frame, shift + at[4].checksum, quotedHeader, transport)
  emitQuotedTransport(b, frame, parsed, change, { header: quotedHeader, transport })
  emitFold(b, frame, start + checksumAt.icmp, transport)
  if (family === 4) emitFold(b, frame, at[4].checksum, header)
}

/** Ports and checksum of the quoted packet. @param sums what changed in its IP header; what changed in all that the error quotes */
function emitQuotedTransport(
  b: ProgramBuilder,
  frame: Frame,
  { family, segment }: Parsed,
  { quoted, quotedProtocol }: ErrorRewrite,
  { header, transport }: Sums,
): void {
  const ends = [quoted.source, quoted.destination]
  const start = 2 * at[family].transport + 8 - 14
  const inner = b.mov(0)
  const [echo, udp, done] = [b.label('echo'), b.label('udp'), b.label('quoted-ports')]
  b.jumpIf(b.eq(quotedProtocol, icmpOf(family)), echo)
  emitPorts(b, frame, start, quoted, inner)
  b.set(transport, b.add(transport, inner))
  b.set(inner, b.add(inner, header))
  b.jumpIf(b.eq(quotedProtocol, Protocol.udp), udp)
  const end = start + checksumAt.tcp + 2
  b.jumpIf(b.lt(segment, end - at[family].transport), done)
  b.requireBytes(frame, end, done)
  emitQuotedFold(b, frame, start + checksumAt.tcp, inner, transport)
  b.jump(done)
  b.place(udp)
  const before = b.load(2, frame.data, start + checksumAt.udp)
  emitUdpFold(b, frame, start + checksumAt.udp, inner)
  emitChange(b, transport, 16, before, b.load(2, frame.data, start + checksumAt.udp))
  b.jump(done)
  b.place(echo)
  for (const end of ends) if (end) emitPort(b, frame, start + identifierAt, end.port, inner)
  b.set(transport, b.add(transport, inner))
  if (family === 6) b.set(inner, b.add(inner, header))
  emitQuotedFold(b, frame, start + checksumAt.icmp, inner, transport)
  b.place(done)
}

/** As {@link emitFold}, of a checksum that another one covers: its own change is added to the sum of that. */
function emitQuotedFold(b: ProgramBuilder, frame: Frame, offset: number, sum: Value, covering: Value): void {
  const before = b.load(2, frame.data, offset)
  emitFold(b, frame, offset, sum)
  emitChange(b, covering, 16, before, b.load(2, frame.data, offset))
}

function emitAddress(
  b: ProgramBuilder,
  frame: Frame,
  family: Family,
  to: number,
  from: Place,
  sum: Value,
): void {
  for (let word = 0; word < addressSize[family]; word += 4) {
    const now = b.load(4, from.base, from.offset + word)
    emitChange(b, sum, 32, b.load(4, frame.data, to + word), now)
    b.store(4, frame.data, to + word, now)
  }
}

function emitPorts(
  b: ProgramBuilder,
  frame: Frame,
  start: number,
  ends: Partial<Record<Side, NewEnd>>,
  sum: Value,
): void {
  for (const side of ['source', 'destination'] as const) {
    const end = ends[side]
    if (end) emitPort(b, frame, start + sides[side], end.port, sum)
  }
}

function emitPort(b: ProgramBuilder, frame: Frame, offset: number, port: Value, sum: Value): void {
  emitChange(b, sum, 16, b.load(2, frame.data, offset), port)
  b.store(2, frame.data, offset, port)
}

/** Adds to a sum that `now` stands where `before` stood. */
function emitChange(b: ProgramBuilder, sum: Value, bits: 16 | 32, before: Value, now: Value): void {
  const mask = bits === 16 ? 0xffff : 0xffffffffn
  b.set(sum, b.add(b.add(sum, b.xor(before, mask)), now))
}

/** A sum of up to a few dozen words as 16 bits, by end-around carry. */
function emitFolded(b: ProgramBuilder, sum: Value): Value {
  const once = b.add(b.and(sum, 0xffff_ffffn), b.shr(sum, 32))
  const twice = b.add(b.and(once, 0xffff), b.shr(once, 16))
  const thrice = b.add(b.and(twice, 0xffff), b.shr(twice, 16))
  return b.add(b.and(thrice, 0xffff), b.shr(thrice, 16))
}

/** Brings the checksum at an offset up to date with a sum of changes. */
function emitFold(b: ProgramBuilder, frame: Frame, offset: number, sum: Value): void {
  const before = b.xor(b.load(2, frame.data, offset), 0xffff)
  b.store(2, frame.data, offset, b.xor(emitFolded(b, b.add(before, sum)), 0xffff))
}

/** As {@link emitFold}; 0 means that there is no checksum and stays, and a sum of 0 is sent as 0xffff (RFC 768). */
function emitUdpFold(b: ProgramBuilder, frame: Frame, offset: number, sum: Value): void {
  const none = b.label('no-checksum')
  const old = b.load(2, frame.data, offset)
  b.jumpIf(b.eq(old, 0), none)
  const now = b.xor(emitFolded(b, b.add(b.xor(old, 0xffff), sum)), 0xffff)
  b.if(b.eq(now, 0), () => b.set(now, 0xffff))
  b.store(2, frame.data, offset, now)
  b.place(none)
}
