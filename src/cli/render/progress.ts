/** Progress on stderr: on a terminal one line that changes, elsewhere one line for each phase. */
import type { Terminal } from '../terminal.ts'

export interface Progress {
  (phase: string, done: number, total: number): void
  /** Ends the line. */
  end(): void
}

const words: Readonly<Record<string, string>> = {
  compile: 'Compiling rules to eBPF',
  nodes: 'Creating nodes',
  links: 'Connecting them',
  programs: 'Loading and attaching programs',
  routes: 'Setting routes',
  settling: 'Waiting for links',
  workloads: 'Starting workloads',
  probes: 'Sending probes',
}

export function openProgress({ err }: Terminal): Progress {
  const live = process.stderr.isTTY === true
  let phase: string | undefined
  let shown = 0
  const progress = (now: string, done: number, total: number): void => {
    const text = words[now] ?? now
    if (!live) {
      if (now !== phase) process.stderr.write(`${text} …\n`)
    } else if (now !== phase || done === total || performance.now() - shown > 50) {
      if (phase !== undefined && now !== phase) process.stderr.write('\n')
      const count = total > 1 ? ` ${err.dim(`${done}/${total}`)}` : ''
      process.stderr.write(`\r\u001b[2K${err.cyan('▸')} ${text}${count}`)
      shown = performance.now()
    }
    phase = now
  }
  const end = (): void => {
    if (live && phase !== undefined) process.stderr.write('\n')
    phase = undefined
  }
  return Object.assign(progress, { end })
}
