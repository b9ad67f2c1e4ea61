/** Pieces of code by themselves: each reads numbers from the packet, and answers with a number. */
import { InterpreterEngine, type LoadedProgram, ProgramBuilder, type Value } from '../../bpf/index.ts'
import { type Ip, ipBytes } from '../../net/index.ts'

/** Where numbers begin: after an Ethernet header. */
const start = 14

/** What a piece of code is given. */
export interface SnippetInput {
  /** A number of so many bytes in network order, from so many bytes into the numbers. */
  load(size: 2 | 4 | 8, offset?: number): Value
}

/** @param emit must end in exits */
export function snippet(
  bytes: number,
  emit: (b: ProgramBuilder, input: SnippetInput) => void,
): LoadedProgram {
  const b = new ProgramBuilder({ name: 'snippet', type: 'xdp', license: 'GPL' })
  const short = b.label('short')
  const packet = b.packet()
  b.requireBytes(packet, start + bytes, short)
  emit(b, {
    load: (size, offset = 0) =>
      b.bigEndian(b.load(size, packet.data, start + offset), (size * 8) as 16 | 32 | 64),
  })
  b.place(short)
  b.exit(-1)
  return new InterpreterEngine().load(b.build(), {})
}

/** The answer for a number, or an address. */
export function answerTo(
  program: LoadedProgram,
  value: Ip | { readonly bits: 16 | 32 | 64; readonly value: bigint },
): number {
  const bytes = 'family' in value ? ipBytes(value) : numberBytes(value.value, value.bits / 8)
  const frame = new Uint8Array(start + bytes.length)
  frame.set(bytes, start)
  return program.run(frame).verdict
}

function numberBytes(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * (size - 1 - i))) & 0xffn))
}
