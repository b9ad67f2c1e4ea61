/** The builder as a whole: what it emits means what was asked for, and carries where it was asked. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProgramBuilder } from './builder/index.ts'
import { BuildError } from './errors.ts'
import { InterpreterEngine } from './interpreter/index.ts'
import { emitRandomProgram, meaningOf, randomPacket, randomProgram } from './testing/random-program.ts'

describe('notes', () => {
  it('say which line of the caller asked for an instruction, and what it was for', () => {
    const b = new ProgramBuilder({ name: 'noted', type: 'xdp', license: 'GPL' })
    const out = b.label('out')
    b.note('parse', () => b.note('bounds', () => b.requireBytes(b.packet(), 14, out)))
    b.if(b.any(b.eq(b.load(4, b.context, 12), 0), b.not(b.lt(b.context, 9))), () => b.exit(1))
    b.place(out)
    b.exit(2)
    const notes = b.build().instructions.map(({ note }) => note!)
    const line = Number(/:(\d+)$/.exec(notes[0]!.site)![1])
    expect(notes[0]!.text).toBe('parse: bounds')
    const lines = notes.map(({ site }) => /^src\/bpf\/builder\.test\.ts:(\d+)$/.exec(site)?.[1]).map(Number)
    const bounds = lines.filter((n) => n === line).length
    expect(lines.slice(0, bounds)).toEqual(new Array(bounds).fill(line))
    expect(new Set(lines)).toEqual(new Set([line, line + 1, line + 3]))
  })
})

describe('random programs', () => {
  const engine = new InterpreterEngine()

  it('under register pressure do what they mean', () => {
    const large = fc
      .array(randomProgram, { minLength: 4, maxLength: 8 })
      .map((parts) => ({ statements: parts.flatMap(({ statements }) => statements) }))
    let spilled = 0
    fc.assert(
      fc.property(large, randomPacket, (syntax, packet) => {
        const b = new ProgramBuilder({ name: 'random', type: 'xdp', license: 'GPL', notes: false })
        emitRandomProgram(b, syntax)
        try {
          const spec = b.build()
          if (spec.instructions.some(({ dst, offset }) => dst === 10 && offset < -32)) spilled++
          expect(engine.load(spec, {}).run(packet)).toMatchObject(meaningOf(syntax, packet))
        } catch (error) {
          if (!(error instanceof BuildError && error.message.includes('bytes of stack'))) throw error
        }
      }),
      { numRuns: 200 },
    )
    expect(spilled).toBeGreaterThan(100)
  })
})
