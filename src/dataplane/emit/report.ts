/** Telling of a packet: one record in the node's ring buffer, if somebody wants to know of its kind. */
import { type ProgramBuilder, SK_BUFF, type Value, XDP_MD } from '../../bpf/index.ts'
import {
  type EventMaps,
  eventField,
  eventSize,
  snapLength,
  tallies,
  tallyField,
  watchField,
} from '../event-map.ts'
import { emitLength, type Frame } from './frame.ts'

const second = 1_000_000_000

/**
 * Emits the report; goes on after it in any case.
 * @param kind a constant or register of one `eventKind`
 * @param slot of the rule among the node's counters
 */
export function emitReport(
  b: ProgramBuilder,
  frame: Frame,
  { watch, tally, ring }: EventMaps,
  kind: Value | number,
  slot: Value,
): void {
  const done = b.label('told')
  const asked = b.mapValue(watch)
  const wanted = b.label('wanted')
  b.jumpIf(b.anyBit(b.load(4, asked, watchField.mode), kind), wanted)
  b.jump(done)
  b.place(wanted)
  const index = frame.hook === 'xdp' ? XDP_MD.ingress_ifindex : SK_BUFF.ifindex
  const key = b.stack(4, 4)
  b.store(4, key, 0, b.and(b.load(4, b.context, index), tallies - 1))
  const counts = b.mapLookup(tally, key)
  b.jumpIf(b.eq(counts, 0), done)
  const time = b.call('ktime_get_ns')
  const now = b.div(time, second)
  // Two CPUs may both begin a second: it then has room for a few more.
  b.if(b.ne(b.load(8, counts, tallyField.second), now), () => {
    b.store(8, counts, tallyField.second, now)
    b.store(8, counts, tallyField.told, 0)
  })
  const before = b.atomicFetchAdd(8, counts, tallyField.told, 1)
  const within = b.label('within')
  b.jumpIf(b.lt(before, b.load(4, asked, watchField.limit)), within)
  b.atomicAdd(8, counts, tallyField.suppressed, 1)
  b.jump(done)

  b.place(within)
  const record = b.call('ringbuf_reserve', ring, eventSize, 0)
  const reserved = b.label('reserved')
  b.jumpIf(b.ne(record, 0), reserved)
  b.atomicAdd(8, counts, tallyField.lost, 1)
  b.jump(done)

  b.place(reserved)
  b.store(8, record, eventField.time, time)
  b.store(4, record, eventField.slot, slot)
  b.store(4, record, eventField.interface, b.load(4, b.context, index))
  const length = emitLength(b, frame)
  b.store(4, record, eventField.length, length)
  b.store(4, record, eventField.kind, kind)
  b.store(4, record, eventField.unused, 0)
  const captured = b.mov(snapLength)
  b.if(b.lt(length, snapLength), () => b.set(captured, length))
  const finished = b.label('finished')
  // Every frame has a header, which the verifier does not know.
  b.jumpIf(b.eq(captured, 0), finished)
  const load = frame.hook === 'xdp' ? 'xdp_load_bytes' : 'skb_load_bytes'
  const failed = b.call(load, b.context, 0, b.add(record, eventField.frame), captured)
  b.if(b.ne(failed, 0), () => b.set(captured, 0))
  b.place(finished)
  b.store(4, record, eventField.captured, captured)
  b.call('ringbuf_submit', record, 0)
  b.place(done)
}
