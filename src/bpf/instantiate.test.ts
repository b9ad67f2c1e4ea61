import { describe, expect, it } from 'vitest'
import { assemble, disassemble, instantiate, ProgramBuilder, XDP_DROP, XDP_PASS } from './index.ts'

function template() {
  const b = new ProgramBuilder({ name: 'template', type: 'xdp', license: 'GPL' })
  const { data, end } = b.packet()
  const length = b.sub(end, data)
  b.if(b.eq(length, b.parameter('size')), () => b.exit(XDP_DROP))
  b.exit(XDP_PASS)
  return b.build()
}

describe('instantiate', () => {
  it('puts the value in the place of the parameter', () => {
    const program = instantiate(template(), { name: 'sized', parameters: { size: 60 } })
    expect(program.name).toBe('sized')
    expect(program.instructions.filter(({ parameter }) => parameter !== undefined)).toEqual([])
    expect(program.instructions.some(({ imm }) => imm === 60n)).toBe(true)
    expect(() => assemble(program)).not.toThrow()
  })
  it('leaves the template as it was, which cannot be assembled', () => {
    const spec = template()
    instantiate(spec, { parameters: { size: 60 } })
    expect(() => assemble(spec)).toThrow("parameter 'size' has no value")
  })
  it('is shown in listings, and refuses values that do not fit', () => {
    expect(disassemble(template())).toContain('parameter[size] ll')
    expect(() => instantiate(template(), { parameters: { size: 1n << 64n } })).toThrow('does not fit 64 bits')
  })
  it('refuses values that are missing or not asked for', () => {
    expect(() => instantiate(template(), { parameters: {} })).toThrow("'size' has no value")
    expect(() => instantiate(template(), { parameters: { size: 1, seize: 2 } })).toThrow(
      "no parameter is called 'seize'",
    )
  })
})
