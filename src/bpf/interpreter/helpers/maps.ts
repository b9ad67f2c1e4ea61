/** Helpers on keyed maps. */
import { ERRNO, MAP_FLAG, UPDATE } from '../../kernel-abi.ts'
import type { Machine } from '../machine.ts'
import { InterpreterMap } from '../maps/map.ts'
import { POINTER_TAG } from '../memory.ts'
import type { HelperTable } from './index.ts'

export const MAP_HELPERS: HelperTable = {
  map_lookup_elem: (machine) => lookup(machine, machine.environment.cpu),

  map_lookup_percpu_elem: (machine) => {
    const cpu = machine.low(3)
    if (cpu >= machine.environment.cpus) machine.setResult(0)
    else lookup(machine, cpu)
  },

  map_update_elem: (machine) => {
    const { memory, registers } = machine
    const { lo, hi } = registers
    const map = memory.mapAt(lo[1]!, hi[1]!)
    const key = memory.bytes[memory.locate(lo[2]!, hi[2]!, map.spec.keySize, false)]!
    const keyAt = memory.offset
    const value = memory.bytes[memory.locate(lo[3]!, hi[3]!, map.spec.valueSize, false)]!
    const flags = hi[4] === 0 && machine.low(4) <= UPDATE.exist ? machine.low(4) : -1
    if (flags < 0) machine.setResult(-ERRNO.EINVAL)
    else machine.setResult(map.put(key, keyAt, value, memory.offset, flags, machine.environment.cpu))
  },

  map_delete_elem: (machine) => {
    const { memory, registers } = machine
    const { lo, hi } = registers
    const map = memory.mapAt(lo[1]!, hi[1]!)
    const key = memory.bytes[memory.locate(lo[2]!, hi[2]!, map.spec.keySize, false)]!
    machine.setResult(map.remove(key, memory.offset))
  },
}

function lookup(machine: Machine, cpu: number): void {
  const { memory, registers } = machine
  const { lo, hi } = registers
  const map = memory.mapAt(lo[1]!, hi[1]!)
  const key = memory.bytes[memory.locate(lo[2]!, hi[2]!, map.spec.keySize, false)]!
  const found = map.find(key, memory.offset, cpu)
  if (found === undefined) machine.setResult(0)
  else if (found instanceof InterpreterMap) machine.setPointer(POINTER_TAG + found.region)
  else {
    const readOnly =
      ((map.spec.flags ?? 0) & MAP_FLAG.readOnlyProgram) !== 0 || map.spec.type.startsWith('devmap')
    machine.setPointer(POINTER_TAG + memory.add(found, readOnly))
  }
}
