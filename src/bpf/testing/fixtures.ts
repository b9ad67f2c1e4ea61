/** What the engine suites share: numbers as bytes, a frame, and a program made, run and thrown away. */
import { ProgramBuilder } from '../builder/index.ts'
import type { BpfMap, Engine, RunContext, RunResult } from '../engine.ts'
import type { MapSpec, ProgramType } from '../spec.ts'

export const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer)
export const u64 = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer)

export function readU64(bytes: Uint8Array | undefined, offset = 0): bigint {
  if (bytes === undefined) throw new Error('read a 64-bit number failed: there are no bytes')
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(offset, true)
}

/** An IPv4 UDP frame of 60 bytes from 10.0.0.1:1000 to 10.0.0.2:53 with right checksums. */
export function udpFrame(): Uint8Array {
  const hex = [
    '020000000002 020000000001 0800',
    '4500 002e 0000 4000 4011 26bd 0a000001 0a000002',
    '03e8 0035 001a 0000',
    '00000000000000000000000000000000 0000',
  ]
  const frame = Uint8Array.from(Buffer.from(hex.join('').replaceAll(' ', ''), 'hex'))
  const udp = internetChecksum(pseudoHeader(frame), frame.subarray(34))
  frame[40] = udp >> 8
  frame[41] = udp & 0xff
  return frame
}

/** Of the frame above: addresses, protocol and length, as RFC 768 wants them under the checksum. */
export function pseudoHeader(frame: Uint8Array): Uint8Array {
  return Uint8Array.of(...frame.subarray(26, 34), 0, 17, 0, frame.length - 34)
}

/** RFC 1071, the plain way: the complement of the one's complement sum of big-endian 16-bit words. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += (part[i]! << 8) | (part[i + 1] ?? 0)
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

export interface Once {
  readonly type?: ProgramType
  readonly packet?: Uint8Array
  readonly context?: RunContext
  /** Maps that exist, by the names of the specs that the program uses. */
  readonly maps?: readonly BpfMap[]
}

/** Builds a program, runs it on one packet and closes it. `emit` must end it. */
export function runOnce(engine: Engine, emit: (b: ProgramBuilder) => void, once: Once = {}): RunResult {
  const b = new ProgramBuilder({ name: 'suite', type: once.type ?? 'xdp', license: 'GPL' })
  emit(b)
  const maps = Object.fromEntries((once.maps ?? []).map((map) => [map.spec.name, map]))
  const program = engine.load(b.build(), maps)
  try {
    return program.run(once.packet ?? udpFrame(), once.context)
  } finally {
    program.close()
  }
}

/** Creates a map for the body, and closes it. */
export function withMap<T>(engine: Engine, spec: MapSpec, body: (map: BpfMap) => T): T {
  const map = engine.createMap(spec)
  try {
    return body(map)
  } finally {
    map.close()
  }
}
