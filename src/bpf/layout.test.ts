import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { BpfError } from './errors.ts'
import { InterpreterEngine } from './interpreter/index.ts'
import {
  array,
  bytes,
  decodeAs,
  encodeAs,
  i16,
  i64,
  type Of,
  struct,
  u8,
  u16,
  u16be,
  u32,
  u32be,
  u64,
} from './layout.ts'
import { mapSpec } from './map-spec.ts'
import { PerCpuMap, TypedMap } from './typed-map.ts'

const flowKey = struct({ source: bytes(4), port: u16be, protocol: u8, mark: u32, packets: u64 })

describe('struct', () => {
  it('lays fields out as C does', () => {
    const names = ['source', 'port', 'protocol', 'mark', 'packets'] as const
    expect(names.map((name) => flowKey.offsetOf(name))).toEqual([0, 4, 6, 8, 16])
    expect([flowKey.size, flowKey.align, flowKey.sizeOf('port')]).toEqual([24, 8, 2])
  })

  it('leaves no gaps when packed', () => {
    const packed = struct({ a: u8, b: u32, c: u16 }, { packed: true })
    expect([packed.offsetOf('b'), packed.offsetOf('c'), packed.size, packed.align]).toEqual([1, 5, 7, 1])
  })

  it('writes orders of bytes, and zeroes gaps', () => {
    const value = {
      source: Uint8Array.of(10, 0, 0, 1),
      port: 443,
      protocol: 6,
      mark: 0x01020304,
      packets: 5n,
    }
    const encoded = encodeAs(flowKey, value)
    expect(Buffer.from(encoded).toString('hex')).toBe('0a00000101bb060004030201000000000500000000000000')
    expect(decodeAs(flowKey, encoded)).toEqual(value)
  })

  it('nests, and repeats', () => {
    const pair = struct({ low: u16, high: i64 })
    const both = struct({ tag: u8, pairs: array(pair, 2) })
    expect([both.size, both.offsetOf('pairs')]).toEqual([40, 8])
    const value = {
      tag: 1,
      pairs: [
        { low: 2, high: -3n },
        { low: 4, high: 5n },
      ],
    }
    expect(decodeAs(both, encodeAs(both, value))).toEqual(value)
  })

  it('has the types of its fields', () => {
    expectTypeOf<Of<typeof flowKey>['port']>().toEqualTypeOf<number>()
    expectTypeOf<Of<typeof flowKey>['packets']>().toEqualTypeOf<bigint>()
    expectTypeOf<Of<typeof flowKey>['source']>().toEqualTypeOf<Uint8Array>()
  })

  it('gives back what it was given', () => {
    const layout = struct({ a: i16, b: u32be, c: u64, d: array(u8, 3) })
    const value = fc.record({
      a: fc.integer({ min: -0x8000, max: 0x7fff }),
      b: fc.nat(0xffff_ffff),
      c: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      d: fc.array(fc.nat(255), { minLength: 3, maxLength: 3 }),
    })
    fc.assert(
      fc.property(value, (x) => {
        expect(decodeAs(layout, encodeAs(layout, x))).toEqual(x)
      }),
    )
  })

  it.each<[string, () => unknown, RegExp]>([
    ['numbers too large', () => encodeAs(u16, 65536), /from 0 to 65535/],
    ['numbers too small', () => encodeAs(u8, -1), /from 0 to 255/],
    ['bigints of 65 bits', () => encodeAs(u64, 1n << 64n), /64 unsigned bits/],
    ['bytes of another length', () => encodeAs(bytes(4), new Uint8Array(5)), /5 bytes failed: want 4/],
    ['arrays of another length', () => encodeAs(array(u8, 2), [1]), /want 2/],
    ['and names the field', () => encodeAs(struct({ port: u16 }), { port: -1 }), /\(in 'port'\)/],
    ['decoding other sizes', () => decodeAs(u32, new Uint8Array(3)), /3 bytes failed: want 4/],
    ['fields that are none', () => flowKey.offsetOf('size' as 'port'), /want one of source, port/],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(message)
    expect(act).toThrow(RangeError)
  })
})

describe('mapSpec', () => {
  it('takes sizes from layouts, and freezes', () => {
    const spec = mapSpec({ name: 'flows', type: 'hash', key: flowKey, value: u64, maxEntries: 8 })
    expect(spec).toEqual({ name: 'flows', type: 'hash', keySize: 24, valueSize: 8, maxEntries: 8 })
    expect(Object.isFrozen(spec)).toBe(true)
  })

  it.each([
    ['a name too long', { name: 'a.name.of.16.chr' }, /rename it/],
    ['a name with a dash', { name: 'a-b' }, /rename it/],
    ['no entries', { maxEntries: 0 }, /one entry at least/],
    ['half an entry', { maxEntries: 1.5 }, /whole number/],
    ['a prog_array of wide values', { type: 'prog_array' }, /valueSize 4/],
    ['a queue with keys', { type: 'queue' }, /keySize 0/],
    ['per-CPU values too large', { type: 'percpu_array', valueSize: 40_000 }, /32768/],
  ] as const)('refuses %s', (_, change, message) => {
    const spec = { name: 'map', type: 'hash', keySize: 4, valueSize: 8, maxEntries: 1, ...change } as const
    expect(() => mapSpec(spec)).toThrow(message)
    expect(() => mapSpec(spec)).toThrow(BpfError)
  })
})

describe('TypedMap', () => {
  const engine = new InterpreterEngine({ cpus: 2 })
  const spec = mapSpec({
    name: 'ports',
    type: 'hash',
    key: u16be,
    value: struct({ hits: u64 }),
    maxEntries: 8,
  })

  it('speaks in keys and values', () => {
    const ports = new TypedMap(engine.createMap(spec), u16be, struct({ hits: u64 }))
    ports.set(443, { hits: 1n })
    ports.setAll([
      [80, { hits: 2n }],
      [53, { hits: 3n }],
    ])
    expect(ports.get(443)).toEqual({ hits: 1n })
    expect(ports.get(22)).toBeUndefined()
    expect(ports.delete(443)).toBe(true)
    expect(new Map(ports.getAll())).toEqual(
      new Map([
        [80, { hits: 2n }],
        [53, { hits: 3n }],
      ]),
    )
    expect(() => ports.set(80, { hits: 9n }, 'create')).toThrow(BpfError)
    ports.close()
    expect(() => ports.get(80)).toThrow(/EBADF/)
  })

  it('has a value for each CPU of per-CPU maps', () => {
    const perCpu = mapSpec({ name: 'perCpu', type: 'percpu_hash', key: u32, value: u32, maxEntries: 4 })
    const map = new PerCpuMap(engine.createMap(perCpu), u32, u32)
    map.set(1, [10, 20])
    expect(map.get(1)).toEqual([10, 20])
    expect(map.getAll()).toEqual([[1, [10, 20]]])
    expect(() => new TypedMap(map.map, u32, u32)).toThrow(/use PerCpuMap/)
  })

  it('wants the sizes of the spec', () => {
    expect(() => new TypedMap(engine.createMap(spec), u32, u64)).toThrow(
      /layouts of 4 and 8 bytes, its spec says 2/,
    )
  })
})
