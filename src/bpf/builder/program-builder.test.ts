/** What the builder emits, as listings: close to what a person would write. */
import { describe, expect, it } from 'vitest'
import { assemble } from '../assembler.ts'
import { disassemble } from '../disassembler.ts'
import { XDP_DROP, XDP_PASS } from '../kernel-abi.ts'
import type { MapSpec } from '../spec.ts'
import { ProgramBuilder } from './program-builder.ts'

const counters: MapSpec = { name: 'counters', type: 'array', keySize: 4, valueSize: 16, maxEntries: 4 }

function builder(): ProgramBuilder {
  return new ProgramBuilder({ name: 'test', type: 'xdp', license: 'GPL', notes: false })
}

function listing(emit: (b: ProgramBuilder) => void): string[] {
  const b = builder()
  emit(b)
  const spec = b.build()
  assemble(spec)
  return disassemble(spec, { slots: false })
    .trimEnd()
    .split('\n')
    .map((line) => line.trim())
}

describe('what is emitted', () => {
  it('is a parser of Ethernet and IPv4 as a person would write it', () => {
    expect(
      listing((b) => {
        const drop = b.label('drop')
        const pass = b.label('pass')
        const packet = b.packet()
        b.requireBytes(packet, 34, drop)
        b.jumpIf(b.ne(b.load(2, packet.data, 12), 0x0008), pass)
        b.jumpIf(b.ne(b.load(1, packet.data, 14), 0x45), drop)
        const source = b.bigEndian(b.load(4, packet.data, 26), 32)
        b.if(b.all(b.ge(source, 0x0a00_0000), b.le(source, 0x0aff_ffff)), () => b.jump(drop))
        b.place(pass)
        b.exit(XDP_PASS)
        b.place(drop)
        b.exit(XDP_DROP)
      }),
    ).toEqual([
      'r2 = *(u32 *)(r1 + 0)',
      'r3 = *(u32 *)(r1 + 4)',
      'r4 = r2',
      'r4 += 34',
      'if r4 > r3 goto drop',
      'r3 = *(u16 *)(r2 + 12)',
      'if r3 != 8 goto pass',
      'r3 = *(u8 *)(r2 + 14)',
      'if r3 != 69 goto drop',
      'r2 = *(u32 *)(r2 + 26)',
      'r2 = be32 r2',
      'if r2 < 167772160 goto pass',
      'if r2 <= 184549375 goto drop',
      'pass:',
      'r0 = 2',
      'exit',
      'drop:',
      'r0 = 1',
      'exit',
    ])
  })

  it('is a counter in a map: arguments go straight into their registers, what lives on into r6–r9', () => {
    expect(
      listing((b) => {
        const { data, end } = b.packet()
        const length = b.sub(end, data)
        const key = b.stack(4, 4)
        b.store(4, key, 0, 1)
        const value = b.mapLookup(counters, key)
        b.if(b.ne(value, 0), () => {
          b.atomicAdd(8, value, 0, 1)
          b.atomicAdd(8, value, 8, length)
        })
        b.exit(XDP_PASS)
      }),
    ).toEqual([
      'r2 = *(u32 *)(r1 + 0)',
      'r6 = *(u32 *)(r1 + 4)',
      'r6 -= r2',
      '*(u32 *)(r10 - 4) = 1',
      'r1 = map[counters] ll',
      'r2 = r10',
      'r2 += -4',
      'call map_lookup_elem',
      'if r0 == 0 goto end',
      'r2 = 1',
      'lock *(u64 *)(r0 + 0) += r2',
      'lock *(u64 *)(r0 + 8) += r6',
      'end:',
      'r0 = 2',
      'exit',
    ])
  })

  it('reuses a register where the operand dies, and copies where it lives on', () => {
    expect(
      listing((b) => {
        const a = b.load(4, b.context, 12)
        const low = b.and(a, 0xff)
        const sum = b.add(low, a)
        b.exit(b.xor(sum, 3))
      }),
    ).toEqual(['r2 = *(u32 *)(r1 + 12)', 'r0 = r2', 'r0 &= 255', 'r0 += r2', 'r0 ^= 3', 'exit'])
  })

  it('swaps the operands of commutative operations when that saves a copy', () => {
    expect(
      listing((b) => {
        const a = b.load(4, b.context, 12)
        const c = b.load(4, b.context, 16)
        const sum = b.add(a, c)
        b.exit(b.mul(sum, a))
      }),
    ).toEqual(['r2 = *(u32 *)(r1 + 12)', 'r0 = *(u32 *)(r1 + 16)', 'r0 += r2', 'r0 *= r2', 'exit'])
  })

  it('leaves out what nobody reads, what nothing leads to, and jumps to the next instruction', () => {
    expect(
      listing((b) => {
        const next = b.label('next')
        b.add(b.load(4, b.context, 12), 5)
        b.jump(next)
        b.exit(99)
        b.place(next)
        b.exit(1)
        b.exit(2)
      }),
    ).toEqual(['r0 = 1', 'exit'])
  })

  it('decides branches on constants, which the verifier would charge for', () => {
    expect(
      listing((b) => {
        const five = b.const(5)
        b.if(
          b.gt(b.add(five, 1), 5),
          () => b.exit(1),
          () => b.exit(2),
        )
      }),
    ).toEqual(['r0 = 1', 'exit'])
  })

  it('turns branches around jumps, and leads jumps to where they end up', () => {
    expect(
      listing((b) => {
        const a = b.load(4, b.context, 12)
        const [one, two, far] = [b.label('one'), b.label('two'), b.label('far')]
        b.jumpIf(b.eq(a, 1), one)
        b.jump(two)
        b.place(one)
        b.exit(1)
        b.place(two)
        b.jump(far)
        b.place(far)
        b.exit(2)
      }),
    ).toEqual(['r2 = *(u32 *)(r1 + 12)', 'if r2 != 1 goto far', 'r0 = 1', 'exit', 'far:', 'r0 = 2', 'exit'])
  })

  it('has loops', () => {
    expect(
      listing((b) => {
        const sum = b.mov(0)
        b.loop(10, (i) => b.assign('add', sum, i))
        b.exit(sum)
      }),
    ).toEqual(['r0 = 0', 'r2 = 0', 'loop:', 'r0 += r2', 'r2 += 1', 'if r2 < 10 goto loop', 'exit'])
  })

  it('puts arguments into place even if they hold each other’s registers', () => {
    const lines = listing((b) => {
      const a = b.call('get_prandom_u32')
      const c = b.call('get_prandom_u32')
      b.call('redirect', a, c)
      b.exit(b.call('redirect', c, a))
    })
    expect(lines).toEqual([
      'call get_prandom_u32',
      'r6 = r0',
      'call get_prandom_u32',
      'r7 = r0',
      'r1 = r6',
      'r2 = r7',
      'call redirect',
      'r1 = r7',
      'r2 = r6',
      'call redirect',
      'exit',
    ])
  })
})

describe('constants', () => {
  const branch = (constant: number | bigint, width: 2 | 4 | 8) =>
    listing((b) => {
      const a = b.load(width, b.mapValue({ ...counters, name: 'one', maxEntries: 1 }), 0)
      b.if(b.gt(a, constant), () => b.exit(1))
      b.exit(0)
    }).slice(2, -5)

  it.each<[string, number | bigint, 2 | 4 | 8, string[]]>([
    ['small ones are immediates', 0x7fff_ffff, 8, ['if r2 <= 2147483647 goto end']],
    ['negative ones are sign-extended by the machine', -1, 8, ['if r2 <= -1 goto end']],
    ['0x80000000 is not, for 64 unknown bits', 0x8000_0000, 8, ['w3 = -2147483648', 'if r2 <= r3 goto end']],
    [
      '0x80000000 is compared in 32 bits if the rest is zero',
      0x8000_0000,
      4,
      ['if w2 <= -2147483648 goto end'],
    ],
    ['wide ones need two slots', 1n << 40n, 8, ['r3 = 0x10000000000 ll', 'if r2 <= r3 goto end']],
    ['unsigned ones above 63 bits are what they are', (1n << 64n) - 1n, 8, ['if r2 <= -1 goto end']],
  ])('%s', (_, constant, width, lines) => {
    expect(branch(constant, width)).toEqual(lines)
  })

  it('masks of 32 bits keep the low half, without a register for them', () => {
    expect(
      listing((b) => {
        const a = b.load(8, b.mapValue({ ...counters, name: 'one', maxEntries: 1 }), 0)
        b.exit(b.or(b.and(a, 0xffff_f000), b.shr(b.and(a, 0xffff_ffff), 4)))
      }),
    ).toEqual([
      'r2 = map[one].value + 0 ll',
      'r2 = *(u64 *)(r2 + 0)',
      'r0 = r2',
      'w0 &= -4096',
      'w2 = w2',
      'r2 >>= 4',
      'r0 |= r2',
      'exit',
    ])
  })

  it('of values are cut as the machine cuts them', () => {
    expect(
      listing((b) => {
        const wide = b.const(0x1234_5678_9abcn)
        const slot = b.stack(8)
        b.store(1, slot, 0, wide)
        b.store(2, slot, 2, b.shl(1, b.const(68)))
        b.exit(b.add(b.div(wide, b.const(0)), b.mod32(wide, b.const(0))))
      }),
    ).toEqual(['*(u8 *)(r10 - 8) = 188', '*(u16 *)(r10 - 6) = 16', 'r0 = 1450744508', 'exit'])
  })
})

describe('build', () => {
  it('gives the same each time, and frozen', () => {
    const b = builder()
    b.note('verdict', () => b.exit(XDP_PASS))
    expect(b.build()).toEqual(b.build())
    expect(b.build().instructions[1]!.note).toEqual({ site: '', text: 'verdict' })
    expect(Object.isFrozen(b.build())).toBe(true)
    expect(Object.isFrozen(b.build().instructions)).toBe(true)
  })

  it('lists the maps that are used', () => {
    const b = builder()
    b.mapLookup(counters, b.stack(4, 4))
    b.exit(0)
    expect(b.maps).toEqual([counters])
  })

  it('leads far branches through gotol', () => {
    const b = builder()
    const out = b.label('out')
    const a = b.load(4, b.context, 12)
    b.jumpIf(b.eq(a, 1), out)
    const slot = b.stack(8)
    for (let i = 0; i < 40_000; i++) b.store(8, slot, 0, i)
    b.place(out)
    b.exit(0)
    const { bytes } = assemble(b.build())
    expect(bytes.length / 8).toBe(40_005)
    expect([bytes[1 * 8], bytes[2 * 8]]).toEqual([0x55, 0x06])
  })
})
