import fc from 'fast-check'
import { expect, it } from 'vitest'
import { InterpreterEngine, type LoadedProgram, ProgramBuilder } from '../../bpf/index.ts'
import { type Family, familyBits, Ip } from '../../net/index.ts'
import { type FiveTuple, flowHash, flowWords, scaleHash } from '../../policy/index.ts'
import { emitFlowHash, emitScale } from './flow-hash.ts'
import { tupleKey } from './maps.ts'

/** Hashes the words that follow the Ethernet header; writes hash and scaled hash over the first two. */
function hashing(bytes: number, size: number): LoadedProgram {
  const b = new ProgramBuilder({ name: 'hash', type: 'xdp', license: 'GPL' })
  const short = b.label('short')
  const packet = b.packet()
  b.requireBytes(packet, 14 + bytes, short)
  const tuple = b.stack(bytes, 8)
  for (let at = 0; at < bytes; at += 4) b.store(4, tuple, at, b.load(4, packet.data, 14 + at))
  const hash = emitFlowHash(b, tuple, bytes)
  b.store(4, packet.data, 14, hash)
  b.store(4, packet.data, 18, emitScale(b, hash, size))
  b.exit(2)
  b.place(short)
  b.exit(1)
  return new InterpreterEngine().load(b.build(), {})
}

const arbitraryFlow = (family: Family): fc.Arbitrary<FiveTuple> => {
  const address = fc.bigInt(0n, (1n << BigInt(familyBits(family))) - 1n).map((value) => Ip(family, value))
  return fc.record({
    source: address,
    destination: address,
    protocol: fc.constantFrom(6, 17, 1, 58),
    sourcePort: fc.nat(65535),
    destinationPort: fc.nat(65535),
  })
}

it.each([4, 6] as const)('the code hashes a flow over IPv%i as the evaluator does', (family) => {
  const bytes = tupleKey(family).size
  const sizes = [1, 251, 65521].map((size) => ({ size, program: hashing(bytes, size) }))
  fc.assert(
    fc.property(arbitraryFlow(family), (flow) => {
      const words = Uint32Array.from(flowWords(flow))
      expect(words.byteLength).toBe(bytes)
      const frame = new Uint8Array(14 + bytes)
      frame.set(new Uint8Array(words.buffer), 14)
      for (const { size, program } of sizes) {
        const { packet } = program.run(frame)
        const view = new DataView(packet.buffer, packet.byteOffset)
        expect(view.getUint32(14, true)).toBe(flowHash(flow))
        expect(view.getUint32(18, true)).toBe(scaleHash(flowHash(flow), size))
      }
    }),
  )
})
