/** Wrong uses of the builder: each is refused where it happens, with the caller's line. */
import { describe, expect, it } from 'vitest'
import { BuildError } from '../errors.ts'
import type { MapSpec } from '../spec.ts'
import { ProgramBuilder } from './program-builder.ts'

const counters: MapSpec = { name: 'counters', type: 'array', keySize: 4, valueSize: 16, maxEntries: 4 }

function builder(): ProgramBuilder {
  return new ProgramBuilder({ name: 'test', type: 'xdp', license: 'GPL', notes: false })
}

describe('refusals', () => {
  it.each<[string, (b: ProgramBuilder) => void, RegExp]>([
    [
      'a path without an exit',
      (b) => b.if(b.eq(b.load(4, b.context, 12), 0), () => b.exit(0)),
      /runs past its end/,
    ],
    ['a label never placed', (b) => b.jump(b.label('nowhere')), /'nowhere' is jumped to .*stands nowhere/],
    [
      'a label placed twice',
      (b) => {
        const label = b.label('twice')
        b.place(label)
        b.place(label)
      },
      /'twice' is placed twice/,
    ],
    ['a value of another program', (b) => b.exit(builder().const(1)), /value of another program/],
    ['a label of another program', (b) => b.jump(builder().label()), /label of another program/],
    [
      'bytes outside a slot',
      (b) => b.store(4, b.stack(4), 1, 0),
      /bytes 1–5 are outside a stack slot of 4 bytes/,
    ],
    [
      'more stack than there is',
      (b) => [b.zero(b.stack(504)), b.zero(b.stack(16)), b.exit(0)],
      /520 bytes of stack/,
    ],
    ['a shift too far', (b) => b.shl(b.context, 64), /shift by 64/],
    ['division by 0', (b) => b.div(b.context, 0), /constant 0/],
    ['a constant cut by its operation', (b) => b.add32(b.context, 2 ** 32), /does not fit 32 bits/],
    ['a constant cut by its store', (b) => b.store(1, b.stack(1), 0, 256), /does not fit 8 bits/],
    ['a fraction', (b) => b.const(0.5), /exact integer/],
    [
      'the wrong number of arguments',
      (b) => b.call('redirect', 1),
      /redirect takes 2 arguments, 1 were given/,
    ],
    [
      'two maps of one name',
      (b) => [b.mapAddress(counters), b.mapAddress({ ...counters })],
      /two maps are named/,
    ],
    ['a direct value of many', (b) => b.mapValue(counters), /no array of one entry/],
  ])('%s', (_, emit, message) => {
    const b = new ProgramBuilder({ name: 'test', type: 'xdp', license: 'GPL' })
    const build = () => {
      emit(b)
      b.build()
    }
    expect(build).toThrow(message)
    expect(build).toThrow(BuildError)
  })

  it('a value read on a path that has not computed it', () => {
    const b = builder()
    const late = b.label('late')
    b.jumpIf(b.eq(b.load(4, b.context, 12), 0), late)
    const value = b.load(4, b.context, 16)
    b.place(late)
    b.exit(value)
    expect(() => b.build()).toThrow(/a value is read on a path that has not computed it/)
  })
})
