/** Map specs that every kernel would accept: one check, used by the factory and by the interpreter. */
import { BpfError } from './errors.ts'
import { MAP_FLAG, MAX_NAME } from './kernel-abi.ts'
import type { AnyLayout } from './layout.ts'
import type { MapSpec, MapType } from './spec.ts'

/** A map spec with the layouts of its keys and values instead of their sizes. */
export interface LayoutMapSpec extends Omit<MapSpec, 'keySize' | 'valueSize'> {
  readonly key: AnyLayout
  readonly value: AnyLayout
}

/**
 * Checks and freezes a spec.
 *
 * ```ts
 * const flows = mapSpec({ name: 'flows', type: 'lru_hash', key: flowKey, value: u64, maxEntries: 1 << 16 })
 * ```
 * @throws BpfError that says what the kernel would refuse.
 */
export function mapSpec(given: MapSpec | LayoutMapSpec): MapSpec {
  const spec = 'key' in given ? withSizes(given) : { ...given }
  const fault = mapSpecFault(spec)
  if (fault !== undefined) {
    throw new BpfError(`Describing map '${spec.name}' failed: ${fault}`, { errno: 'EINVAL' })
  }
  return Object.freeze(spec)
}

function withSizes({ key, value, ...rest }: LayoutMapSpec): MapSpec {
  return { ...rest, keySize: key.size, valueSize: value.size }
}

export function isPerCpu(type: MapType): boolean {
  return type === 'percpu_hash' || type === 'percpu_array' || type === 'lru_percpu_hash'
}

const KEY_IS_INDEX: ReadonlySet<MapType> = new Set<MapType>([
  'array',
  'percpu_array',
  'prog_array',
  'array_of_maps',
  'devmap',
  'devmap_hash',
])
const PAGE = 4096
/** Larger values do not fit the kernel's allocator for per-CPU memory. */
const MAX_PER_CPU_VALUE = 32 * 1024
/** LPM keys: a 32-bit prefix length, then up to 256 bytes. */
const LPM_KEY = { min: 5, max: 4 + 256 }

/** What is wrong, and what to give instead; `undefined` if nothing. */
export function mapSpecFault(spec: MapSpec): string | undefined {
  const { type, keySize, valueSize, maxEntries } = spec
  const flags = spec.flags ?? 0
  if (!isName(spec.name)) return nameRule
  for (const [what, size] of Object.entries({ keySize, valueSize, maxEntries })) {
    if (!Number.isInteger(size) || size < 0) return `${what} is ${size}; give a whole number`
  }
  if (maxEntries === 0) return 'maxEntries is 0; give room for one entry at least'
  const expect = (ok: boolean, rule: string) => (ok ? undefined : `${type} wants ${rule}`)
  switch (type) {
    case 'ringbuf':
      return (
        expect(keySize === 0 && valueSize === 0, 'keySize 0 and valueSize 0') ??
        expect(
          maxEntries % PAGE === 0 && Number.isInteger(Math.log2(maxEntries)),
          `maxEntries that is a power of two and a multiple of ${PAGE}, not ${maxEntries}`,
        )
      )
    case 'queue':
      return expect(keySize === 0 && valueSize > 0, 'keySize 0 and a valueSize')
    case 'lpm_trie':
      return (
        expect(keySize >= LPM_KEY.min && keySize <= LPM_KEY.max, `keySize ${LPM_KEY.min}–${LPM_KEY.max}`) ??
        expect((flags & MAP_FLAG.noPrealloc) !== 0, 'the flag MAP_FLAG.noPrealloc') ??
        expect(valueSize > 0, 'a valueSize')
      )
    case 'devmap':
    case 'devmap_hash':
      return expect(keySize === 4 && (valueSize === 4 || valueSize === 8), 'keySize 4 and valueSize 4 or 8')
    case 'prog_array':
      return expect(keySize === 4 && valueSize === 4, 'keySize 4 and valueSize 4')
    case 'array_of_maps':
    case 'hash_of_maps':
      return (
        expect(
          type === 'hash_of_maps' ? keySize > 0 : keySize === 4,
          'keySize 4 for arrays, else a keySize',
        ) ??
        expect(valueSize === 4, 'valueSize 4') ??
        expect(spec.inner?.inner === undefined, 'inner maps that hold no maps')
      )
    default:
      return (
        expect(keySize > 0 && valueSize > 0, 'a keySize and a valueSize') ??
        expect(!KEY_IS_INDEX.has(type) || keySize === 4, 'keySize 4') ??
        expect(
          !isPerCpu(type) || valueSize <= MAX_PER_CPU_VALUE,
          `a valueSize of at most ${MAX_PER_CPU_VALUE}`,
        ) ??
        expect(
          (flags & MAP_FLAG.noPrealloc) === 0 || type === 'hash' || type === 'percpu_hash',
          'no flag MAP_FLAG.noPrealloc',
        )
      )
  }
}

const nameRule = `its name is not 1–${MAX_NAME} characters of A–Z a–z 0–9 _ .; rename it`

/** Names that the kernel takes for maps and programs. */
export function isName(name: string): boolean {
  return name.length > 0 && name.length <= MAX_NAME && /^[A-Za-z0-9_.]+$/.test(name)
}
