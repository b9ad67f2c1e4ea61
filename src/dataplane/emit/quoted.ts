/** The packet that an ICMP error quotes, read as `wire/read-headers.ts` does. */
import type { Label, ProgramBuilder, Value } from '../../bpf/index.ts'
import { type Family, icmpOf, Protocol } from '../../net/index.ts'
import { icmpErrors, oddProtocols } from '../../wire/index.ts'
import type { Frame } from './frame.ts'
import { at, emitEchoPorts, network16, type Parsed, transportAt } from './parse.ts'

export interface Quoted {
  readonly protocol: Value
  /** As `Parsed.ports`, of the quoted packet. */
  readonly ports: Value
  /** Offsets from the start of the frame. */
  readonly source: number
  readonly destination: number
}

/** Jumps to `error` if the packet is an ICMP error; falls through if not. */
export function emitIfError(b: ProgramBuilder, { family, protocol, detail }: Parsed, error: Label): void {
  const ordinary = b.label('ordinary')
  b.jumpIf(b.ne(protocol, icmpOf(family)), ordinary)
  const type = b.and(detail, 0xff)
  for (const number of icmpErrors[family]) b.jumpIf(b.eq(type, number), error)
  b.place(ordinary)
}

/** Reads what an ICMP error quotes; jumps to `none` if it quotes too little or nothing plain. */
export function emitQuoted(
  b: ProgramBuilder,
  frame: Frame,
  { family, segment }: Parsed,
  none: Label,
): Quoted {
  const { data } = frame
  const quoted = at[family].transport + 8
  const header = family === 4 ? 20 : 40
  const start = quoted + header
  const shift = quoted - 14
  b.jumpIf(b.lt(segment, 8 + header + 8), none)
  b.requireBytes(frame, start + 8, none)
  const protocol = b.load(1, data, shift + (family === 4 ? at[4].protocol : at[6].nextHeader))
  if (family === 4) {
    b.jumpIf(b.ne(b.load(1, data, shift + at[4].versionLength), 0x45), none)
    b.jumpIf(b.anyBit(b.load(2, data, shift + at[4].fragment), network16(0x1fff)), none)
    b.jumpIf(b.eq(protocol, Protocol.icmp6), none)
  } else {
    b.jumpIf(b.ne(b.and(b.load(1, data, shift + at[6].version), 0xf0), 0x60), none)
    for (const number of oddProtocols[6]) b.jumpIf(b.eq(protocol, number), none)
  }
  const ports = b.mov(0)
  const [read, done] = [b.label('read-ports'), b.label('quoted')]
  b.jumpIf(b.eq(protocol, Protocol.tcp), read)
  b.jumpIf(b.eq(protocol, Protocol.udp), read)
  b.jumpIf(b.ne(protocol, icmpOf(family)), done)
  emitEchoPorts(b, frame, family, b.load(1, data, start + transportAt.icmpType), start, ports)
  b.jump(done)
  b.place(read)
  b.set(ports, b.load(4, data, start + transportAt.ports))
  b.place(done)
  return { protocol, ports, source: shift + at[family].source, destination: shift + at[family].destination }
}

/** Jumps to `different` unless two addresses in the frame are equal. */
export function emitSameAddress(
  b: ProgramBuilder,
  frame: Frame,
  family: Family,
  one: number,
  other: number,
  different: Label,
): void {
  const size = family === 4 ? 4 : 8
  for (let word = 0; word < (family === 4 ? 4 : 16); word += size) {
    const [x, y] = [b.load(size, frame.data, one + word), b.load(size, frame.data, other + word)]
    b.jumpIf(b.ne(x, y), different)
  }
}

/** Exchanges the two ports of a word. */
export const swapPorts = (b: ProgramBuilder, ports: Value): Value =>
  b.or(b.shl32(ports, 16), b.shr32(ports, 16))
