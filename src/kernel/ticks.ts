/** The kernel's timer ticks (`jiffies_64`), in which programs note times: what they count now, and how long one is. */
import { type MapSpec, ProgramBuilder } from '../bpf/index.ts'
import { createMap, type KernelMap } from './bpf/map.ts'
import { type KernelProgram, loadKernelProgram } from './bpf/program.ts'
import { check, libc } from './libc.ts'
import { allocate } from './memory.ts'

export interface TickCounter {
  /** Ticks since some time before boot. */
  now(): bigint
  /** Nanoseconds of a tick: 10⁹ divided by the HZ that the kernel was built with. */
  readonly period: bigint
  close(): void
}

const output: MapSpec = { name: 'ticks', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 }

/** Its resolution is one tick (clock_getres(2), include/uapi/linux/time.h). */
const CLOCK_MONOTONIC_COARSE = 6

/** Only programs can read ticks, so that one is loaded. Needs root; throws `BpfError` or `KernelError`. */
export function openTickCounter(): TickCounter {
  const map: KernelMap = createMap(output)
  let program: KernelProgram
  try {
    program = loadKernelProgram(readTicks(), { ticks: map })
  } catch (error) {
    map.close()
    throw error
  }
  const frame = new Uint8Array(14)
  return Object.freeze({
    period: coarsePeriod(),
    now(): bigint {
      program.run(frame)
      const value = map.lookup(new Uint8Array(4)) as Uint8Array
      return new DataView(value.buffer, value.byteOffset).getBigUint64(0, true)
    },
    close(): void {
      program.close()
      map.close()
    },
  })
}

function readTicks() {
  const b = new ProgramBuilder({ name: 'ticks', type: 'sched_cls', license: 'GPL' })
  b.store(8, b.mapValue(output), 0, b.call('jiffies64'))
  b.exit(0)
  return b.build()
}

/** struct timespec: seconds and nanoseconds, 8 bytes each on the processors that are supported. */
function coarsePeriod(): bigint {
  const resolution = allocate(16)
  check(libc().clockGetres(CLOCK_MONOTONIC_COARSE, resolution.address), 'ask for the length of a tick')
  return resolution.view.getBigInt64(0, true) * 1_000_000_000n + resolution.view.getBigInt64(8, true)
}
