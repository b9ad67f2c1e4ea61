/** Checksum helpers bit for bit: the interpreter against the kernel, on arguments at the edges. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { InterpreterEngine, ProgramBuilder } from '../../src/bpf/index.ts'
import { kernelEngine } from '../../src/kernel/index.ts'
import { describeKernel } from './requirements.ts'

const word = fc.oneof(
  fc.constantFrom(0, 1, 0xffff, 0x10000, 0xffff_ffff, 0xfffe, 0x8000_0000),
  fc.nat(0xffff_ffff),
)
const packet = fc
  .array(fc.oneof(fc.constantFrom(0, 255), fc.nat(255)), { minLength: 60, maxLength: 60 })
  .map((bytes) => Uint8Array.from(bytes).fill(0, 12, 14).fill(8, 12, 13))

describeKernel('checksum helpers', () => {
  const interpreter = new InterpreterEngine()

  function agree(emit: (b: ProgramBuilder) => void, bytes: Uint8Array): void {
    const b = new ProgramBuilder({ name: 'checksum', type: 'sched_cls', license: 'GPL', notes: false })
    emit(b)
    const spec = b.build()
    const program = kernelEngine.load(spec, {})
    const expected = program.run(bytes)
    program.close()
    expect(interpreter.load(spec, {}).run(bytes)).toMatchObject(expected)
  }

  it('csum_diff of any sizes', () => {
    const side = fc.record({ words: fc.tuple(word, word), size: fc.constantFrom(0, 3, 4, 6, 8) })
    fc.assert(
      fc.property(side, side, word, packet, (from, to, seed, bytes) => {
        agree((b) => {
          const [a, c] = [from, to].map(({ words, size }) => {
            const slot = b.stack(8)
            b.store(4, slot, 0, words[0])
            b.store(4, slot, 4, words[1])
            return size === 0 ? 0 : slot
          })
          b.exit(b.call('csum_diff', a!, from.size, c!, to.size, seed))
        }, bytes)
      }),
      { numRuns: 500 },
    )
  })

  it.each(['l3_csum_replace', 'l4_csum_replace'] as const)('%s with any flags', (helper) => {
    const flags = fc.constantFrom(0, 2, 4, 0x14, 0x12, 0x20, 0x22, 0x24, 0x64, 0x84, 0x100, 8)
    fc.assert(
      fc.property(fc.nat(61), word, word, flags, packet, (offset, from, to, bits, bytes) => {
        agree((b) => b.exit(b.call(helper, b.context, offset, from, to, bits)), bytes)
      }),
      { numRuns: 500 },
    )
  })
})
