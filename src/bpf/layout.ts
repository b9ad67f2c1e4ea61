/**
 * Layouts of keys and values: what is at which byte, once, for the program that writes it and for the code that reads it.
 * Fields lie as C lays them out: each aligned to its size, gaps zero.
 */

export interface Layout<T> {
  /** Bytes. */
  readonly size: number
  readonly align: number
  read(view: DataView, at: number): T
  /** @throws RangeError for what does not fit. */
  write(view: DataView, at: number, value: T): void
}

/** The type of a layout's values: `Of<typeof flowKey>`. */
export type Of<L> = L extends Layout<infer T> ? T : never

// biome-ignore lint/suspicious/noExplicitAny: a layout of whatever; `unknown` would not accept `write`.
export type AnyLayout = Layout<any>
type Fields = Readonly<Record<string, AnyLayout>>
type Values<F extends Fields> = { readonly [K in keyof F]: Of<F[K]> }

export interface StructLayout<F extends Fields> extends Layout<Values<F>> {
  readonly fields: F
  /** Byte offset of a field, for the builder's loads and stores. */
  offsetOf(field: keyof F & string): number
  sizeOf(field: keyof F & string): number
}

type IntegerSize = 1 | 2 | 4

function integer(size: IntegerSize, signed: boolean, little: boolean): Layout<number> {
  const range = 2 ** (8 * size)
  const [min, max] = signed ? [-range / 2, range / 2 - 1] : [0, range - 1]
  const get = {
    1: signed ? 'getInt8' : 'getUint8',
    2: signed ? 'getInt16' : 'getUint16',
    4: signed ? 'getInt32' : 'getUint32',
  } as const
  const set = { 1: 'setInt8', 2: 'setInt16', 4: 'setInt32' } as const
  return Object.freeze({
    size,
    align: size,
    read: (view, at) => view[get[size]](at, little),
    write: (view, at, value) => {
      if (!Number.isInteger(value) || value < min || value > max)
        throw new RangeError(`encode ${value} failed: want a whole number from ${min} to ${max}`)
      view[set[size]](at, value, little)
    },
  } satisfies Layout<number>)
}

function wide(signed: boolean, little: boolean): Layout<bigint> {
  const cut = signed ? BigInt.asIntN : BigInt.asUintN
  return Object.freeze({
    size: 8,
    align: 8,
    read: (view, at) => cut(64, view.getBigUint64(at, little)),
    write: (view, at, value) => {
      if (cut(64, value) !== value)
        throw new RangeError(
          `encode ${value} failed: it does not fit 64 ${signed ? 'signed' : 'unsigned'} bits`,
        )
      view.setBigUint64(at, BigInt.asUintN(64, value), little)
    },
  } satisfies Layout<bigint>)
}

/** Host order, which is little-endian wherever Node runs. */
export const u8 = integer(1, false, true)
export const u16 = integer(2, false, true)
export const u32 = integer(4, false, true)
export const u64 = wide(false, true)
export const i8 = integer(1, true, true)
export const i16 = integer(2, true, true)
export const i32 = integer(4, true, true)
export const i64 = wide(true, true)
/** Network order. */
export const u16be = integer(2, false, false)
export const u32be = integer(4, false, false)
export const u64be = wide(false, false)

/** That many bytes as they are; reading copies them. */
export function bytes(size: number): Layout<Uint8Array> {
  return Object.freeze({
    size,
    align: 1,
    read: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, size).slice(),
    write: (view, at, value) => {
      if (value.length !== size) throw new RangeError(`encode ${value.length} bytes failed: want ${size}`)
      new Uint8Array(view.buffer, view.byteOffset + at, size).set(value)
    },
  } satisfies Layout<Uint8Array>)
}

/** `count` values one after the other. */
export function array<T>(element: Layout<T>, count: number): Layout<readonly T[]> {
  return Object.freeze({
    size: element.size * count,
    align: element.align,
    read: (view, at) => Array.from({ length: count }, (_, i) => element.read(view, at + i * element.size)),
    write: (view, at, values) => {
      if (values.length !== count)
        throw new RangeError(`encode ${values.length} values failed: want ${count}`)
      for (const [i, value] of values.entries()) element.write(view, at + i * element.size, value)
    },
  } satisfies Layout<readonly T[]>)
}

/**
 * Fields in order. With `packed` nothing is aligned and there are no gaps, as `__attribute__((packed))`.
 *
 * ```ts
 * const flowKey = struct({ source: bytes(4), destination: bytes(4), port: u16be, protocol: u8 })
 * flowKey.offsetOf('port') // 8
 * ```
 */
export function struct<const F extends Fields>(
  fields: F,
  options: { packed?: boolean } = {},
): StructLayout<F> {
  const names = Object.keys(fields) as Array<keyof F & string>
  const offsets = new Map<string, number>()
  let end = 0
  let align = 1
  for (const name of names) {
    const field = fields[name]!
    if (!options.packed) {
      end = roundUp(end, field.align)
      align = Math.max(align, field.align)
    }
    offsets.set(name, end)
    end += field.size
  }
  const size = roundUp(end, align)
  const offsetOf = (name: keyof F & string): number => {
    const offset = offsets.get(name)
    if (offset === undefined)
      throw new RangeError(`find field '${name}' failed: want one of ${names.join(', ')}`)
    return offset
  }
  return Object.freeze({
    size,
    align,
    fields,
    offsetOf,
    sizeOf: (name) => fields[name]!.size,
    read: (view, at) =>
      Object.fromEntries(
        names.map((name) => [name, fields[name]!.read(view, at + offsetOf(name))]),
      ) as Values<F>,
    write: (view, at, value) => {
      for (const name of names) {
        try {
          fields[name]!.write(view, at + offsetOf(name), value[name])
        } catch (error) {
          throw error instanceof RangeError ? new RangeError(`${error.message} (in '${name}')`) : error
        }
      }
    },
  } satisfies StructLayout<F>)
}

/** @throws RangeError for what does not fit. */
export function encodeAs<T>(layout: Layout<T>, value: T): Uint8Array {
  const encoded = new Uint8Array(layout.size)
  layout.write(new DataView(encoded.buffer), 0, value)
  return encoded
}

/** @throws RangeError for bytes of another size. */
export function decodeAs<T>(layout: Layout<T>, encoded: Uint8Array): T {
  if (encoded.length !== layout.size)
    throw new RangeError(`decode ${encoded.length} bytes failed: want ${layout.size}`)
  return layout.read(new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength), 0)
}

function roundUp(value: number, align: number): number {
  return Math.ceil(value / align) * align
}
