/** A rate limit as code: `policy/limit.ts` is its meaning, `limit-map.ts` its memory. */
import {
  type Label,
  type MapSpec,
  type ProgramBuilder,
  type StackSlot,
  UPDATE,
  type Value,
} from '../../bpf/index.ts'
import { type Family, familyBits, prefixMask } from '../../net/index.ts'
import { byteDepth, type Limit, packetDepth, type Rate, timeFor } from '../../policy/index.ts'
import { bucket } from '../limit-map.ts'
import type { Frame } from './frame.ts'
import { at, type Parsed } from './parse.ts'

/** Stack memory of limits, which all of a program share. */
export interface LimitMemory {
  readonly key: StackSlot
  readonly fresh: StackSlot
}

export const limitMemory = (b: ProgramBuilder): LimitMemory => ({
  key: b.stack(16, 8),
  fresh: b.stack(bucket.size, 8),
})

/** The coarse clock: it is behind by a timer tick at most, which makes a burst smaller by a tick and no rate larger. */
export const emitLimitClock = (b: ProgramBuilder): Value => b.call('ktime_get_coarse_ns')

/**
 * How often a program asks for a bucket that another processor is at. It is there for some twenty instructions; a packet that has
 * asked in vain so often is over the limit.
 */
const attempts = 64

/** Falls through if the packet is within the limit, and has taken it from its bucket; else jumps to `over`, with nothing taken. */
export function emitLimit(
  b: ProgramBuilder,
  frame: Frame,
  { family }: Parsed,
  { limit, map, memory, now }: { limit: Limit; map: MapSpec; memory: LimitMemory; now: Value },
  over: Label,
): void {
  const found = emitFindBucket(b, frame, family, limit, map, memory, over)
  const mine = b.label('mine')
  b.loop(attempts, () => b.jumpIf(b.eq(b.atomicExchange(4, found, bucket.lock, 1), 0), mine))
  b.jump(over)
  b.place(mine)
  const [within, busy] = [b.label('within'), b.label('over-limit')]
  const next = {
    packets: limit.packets && emitNext(b, found, bucket.packets, now, b.const(timeFor(limit.packets, 1))),
    bytes:
      limit.bytes && emitNext(b, found, bucket.bytes, now, emitTimeForBytes(b, limit.bytes, frame.length)),
  }
  if (limit.packets && next.packets)
    b.jumpIf(b.gt(next.packets, b.add(now, b.const(packetDepth(limit.packets)))), busy)
  if (limit.bytes && next.bytes) b.jumpIf(b.gt(next.bytes, b.add(now, b.const(byteDepth(limit.bytes)))), busy)
  if (next.packets) b.store(8, found, bucket.packets, next.packets)
  if (next.bytes) b.store(8, found, bucket.bytes, next.bytes)
  emitRelease(b, found)
  b.jump(within)
  b.place(busy)
  emitRelease(b, found)
  b.jump(over)
  b.place(within)
}

/** Exchanged and not stored, so that on every machine the arrival times are seen first. */
const emitRelease = (b: ProgramBuilder, found: Value): void => void b.atomicExchange(4, found, bucket.lock, 0)

/** When the bucket would be full again after this packet. */
function emitNext(b: ProgramBuilder, found: Value, offset: number, now: Value, cost: Value): Value {
  const full = b.load(8, found, offset)
  b.if(b.lt(full, now), () => b.set(full, now))
  return b.add(full, cost)
}

/** As `timeFor`, of the frame's length. */
function emitTimeForBytes(b: ProgramBuilder, { units, seconds = 1 }: Rate, length: Value): Value {
  const nanoseconds = b.mul(length, b.const(BigInt(seconds) * 1_000_000_000n))
  return b.div(b.add(nanoseconds, b.const(BigInt(units) - 1n)), b.const(BigInt(units)))
}

/** The packet's bucket; jumps to `none` if there is no room for one. */
function emitFindBucket(
  b: ProgramBuilder,
  frame: Frame,
  family: Family,
  { key }: Limit,
  map: MapSpec,
  memory: LimitMemory,
  none: Label,
): Value {
  const start = at[family][key.end]
  const words = family === 4 ? [0] : [0, 8]
  const size = family === 4 ? 4 : 8
  const mask = key.kind === 'prefix' ? loadedMask(family, key.length[family]) : undefined
  for (const [index, offset] of words.entries()) {
    const word = b.load(size, frame.data, start + offset)
    const bits = mask?.[index]
    b.store(size, memory.key, offset, bits === undefined ? word : b.and(word, b.const(bits)))
  }
  const found = b.mapLookup(map, memory.key)
  const there = b.label('bucket')
  b.jumpIf(b.ne(found, 0), there)
  if (key.kind === 'prefix') {
    b.zero(memory.fresh)
    b.mapUpdate(map, memory.key, memory.fresh, UPDATE.noexist)
  } else for (const offset of words) b.store(size, memory.key, offset, 0)
  b.set(found, b.mapLookup(map, memory.key))
  b.jumpIf(b.eq(found, 0), none)
  b.place(there)
  return found
}

/** The mask of a prefix length, as a little-endian machine loads it, word by word. */
function loadedMask(family: Family, length: number): readonly bigint[] {
  const mask = prefixMask(family, length)
  const size = family === 4 ? 32n : 64n
  const count = BigInt(familyBits(family)) / size
  return Array.from({ length: Number(count) }, (_, index) => {
    const word = BigInt.asUintN(Number(size), mask >> (size * (count - 1n - BigInt(index))))
    return reversed(word, Number(size) / 8)
  })
}

function reversed(word: bigint, bytes: number): bigint {
  let result = 0n
  for (let n = 0; n < bytes; n++) result = (result << 8n) | ((word >> BigInt(8 * n)) & 0xffn)
  return result
}
