/** Helpers on queues and ring buffers. */
import { ERRNO } from '../../kernel-abi.ts'
import type { Machine } from '../machine.ts'
import { QueueMap } from '../maps/queue-map.ts'
import { RingBuffer } from '../maps/ring-buffer.ts'
import { POINTER_TAG } from '../memory.ts'
import { Trap } from '../trap.ts'
import type { HelperTable } from './index.ts'

/** BPF_RB_NO_WAKEUP and BPF_RB_FORCE_WAKEUP; nobody sleeps here. */
const WAKEUP_FLAGS = 3

export const QUEUE_HELPERS: HelperTable = {
  map_push_elem: (machine) => {
    const queue = queueAt(machine)
    const value = machine.bytes(2, queue.spec.valueSize, false)
    machine.setResult(queue.push(value, 0, machine.integer(3)))
  },
  map_pop_elem: (machine) => take(machine, (queue) => queue.pop()),
  map_peek_elem: (machine) => take(machine, (queue) => queue.peek()),

  ringbuf_output: (machine) => {
    const ring = ringAt(machine)
    const data = machine.bytes(2, machine.low(3), false)
    machine.setResult(badFlags(machine, 4) ? -ERRNO.EINVAL : ring.output(data))
  },
  ringbuf_reserve: (machine) => {
    const ring = ringAt(machine)
    const record = machine.integer(3) === 0 ? ring.reserve(machine.low(2)) : undefined
    if (record === undefined) {
      machine.setResult(0)
      return
    }
    const number = machine.memory.add(record.content)
    machine.reserved.set(number, record)
    machine.setPointer(POINTER_TAG + number)
  },
  ringbuf_submit: (machine) => finish(machine, 'ready'),
  ringbuf_discard: (machine) => finish(machine, 'discarded'),
  ringbuf_query: (machine) => machine.setResult(ringAt(machine).query(machine.integer(2))),
}

function take(machine: Machine, from: (queue: QueueMap) => Uint8Array | undefined): void {
  const queue = queueAt(machine)
  const target = machine.bytes(2, queue.spec.valueSize, true)
  const value = from(queue)
  if (value === undefined) target.fill(0)
  else target.set(value)
  machine.setResult(value === undefined ? -ERRNO.ENOENT : 0)
}

function finish(machine: Machine, state: 'ready' | 'discarded'): void {
  const number = machine.registers.hi[1]! - POINTER_TAG
  const record = machine.registers.lo[1] === 0 ? machine.reserved.get(number) : undefined
  if (record === undefined)
    throw new Trap('bad-argument', 'the pointer is not what ringbuf_reserve returned; pass that, once')
  record.state = state
  machine.reserved.delete(number)
  machine.memory.remove(number)
}

function badFlags(machine: Machine, i: number): boolean {
  return machine.registers.hi[i] !== 0 || (machine.low(i) & ~WAKEUP_FLAGS) !== 0
}

function queueAt(machine: Machine): QueueMap {
  const map = machine.memory.mapAt(machine.registers.lo[1]!, machine.registers.hi[1]!)
  if (!(map instanceof QueueMap)) throw new Trap('bad-argument', `'${map.spec.name}' is no queue; pass one`)
  return map
}

function ringAt(machine: Machine): RingBuffer {
  const map = machine.memory.mapAt(machine.registers.lo[1]!, machine.registers.hi[1]!)
  if (!(map instanceof RingBuffer))
    throw new Trap('bad-argument', `'${map.spec.name}' is no ring buffer; pass one`)
  return map
}
