/** Helpers about time, chance, CPUs and tracing. */
import { ERRNO } from '../../kernel-abi.ts'
import type { Machine } from '../machine.ts'
import { bigintAt, setBigint } from '../registers.ts'
import type { HelperTable } from './index.ts'

/** 250 ticks a second, a common kernel configuration. */
const NANOSECONDS_PER_JIFFY = 4_000_000n

export const SYSTEM_HELPERS: HelperTable = {
  ktime_get_ns: now,
  ktime_get_boot_ns: now,
  ktime_get_coarse_ns: now,
  ktime_get_tai_ns: now,
  jiffies64: (machine) =>
    setBigint(machine.registers, 0, machine.environment.clock() / NANOSECONDS_PER_JIFFY),
  get_prandom_u32: (machine) => machine.setResult(machine.environment.random() >>> 0),
  get_smp_processor_id: (machine) => machine.setResult(machine.environment.cpu),
  get_numa_node_id: (machine) => machine.setResult(0),

  trace_printk: (machine) => {
    const text = machine.bytes(1, machine.low(2), false)
    if (text.at(-1) !== 0) {
      machine.setResult(-ERRNO.EINVAL)
      return
    }
    const line = format(String.fromCharCode(...text.subarray(0, -1)), machine)
    machine.trace.push(line)
    machine.setResult(line.length)
  },
}

function now(machine: Machine): void {
  setBigint(machine.registers, 0, machine.environment.clock())
}

/** %d %i %u %x %p and %%, each also with l or ll; arguments are r3–r5. */
function format(text: string, machine: Machine): string {
  let argument = 3
  return text.replace(
    /%(%|(ll?)?([diuxp]))/g,
    (all, kind: string, long: string | undefined, type: string) => {
      if (kind === '%') return '%'
      if (argument > 5) return all
      const raw = bigintAt(machine.registers, argument++)
      const bits = long === undefined && type !== 'p' ? 32 : 64
      const value = type === 'd' || type === 'i' ? BigInt.asIntN(bits, raw) : BigInt.asUintN(bits, raw)
      return value.toString(type === 'x' || type === 'p' ? 16 : 10)
    },
  )
}
