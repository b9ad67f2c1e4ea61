/** Telling processes apart: numbers are used again, start times are not. */
import { readFileSync } from 'node:fs'

/**
 * When a process started, in clock ticks since boot (proc_pid_stat(5), field 22); `undefined` if there is none of that number, or
 * one that has ended and only waits for its parent to hear of it.
 * Number and start time together name a process for as long as the machine is up.
 */
export function processStartTime(pid: number): number | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The second field is the name in brackets, which may hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  return state === 'Z' || state === 'X' ? undefined : Number(fields[22 - 3])
}

/** Changes with each boot of the machine. */
export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
