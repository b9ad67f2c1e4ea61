/** Progress on stderr: on a terminal one line that changes, elsewhere one line for each phase that takes its time. */
import type { Terminal } from '../terminal.ts'

export interface Progress {
  /** `done` ≤ `total`; a total of 1 or less shows no numbers. */
  (phase: string, done: number, total: number): void
  /** Removes the changing line, so that something else can be said. */
  end(): void
}

const words: Readonly<Record<string, string>> = {
  load: 'Reading the network file',
  derive: 'Deriving rules',
  compile: 'Compiling rules to eBPF',
  nodes: 'Creating nodes',
  links: 'Connecting them',
  programs: 'Loading and attaching programs',
  routes: 'Setting routes',
  settling: 'Waiting for links',
  workloads: 'Starting workloads',
  predictions: 'Predicting every probe',
  probes: 'Sending probes',
  down: 'Taking everything down',
  proof: 'Proving invariants',
  failures: 'Letting elements fail',
  why: 'Following all packets',
  'why-changes': 'Looking for the smallest changes',
  lint: 'Looking through rules',
  matrix: 'Filling the matrix',
  'plan-old': 'Following all packets through the old network',
  'plan-next': 'Following all packets through the new one',
  'plan-compare': 'Comparing',
  'plan-examples': 'Looking for packets that show it',
}

/** Milliseconds between two drawings of the changing line. */
const refresh = 80

export function openProgress({ err, live, draw, say }: Terminal): Progress {
  let phase: string | undefined
  let drawn = Number.NEGATIVE_INFINITY
  const progress = (now: string, done: number, total: number): void => {
    const text = words[now] ?? now
    if (!live) {
      if (now !== phase) say(`${text} …`)
    } else if (now !== phase || performance.now() - drawn >= refresh) {
      const count = total > 1 ? ` ${err.dim(`${done}/${total}`)}` : ''
      draw(`\r\u001b[2K${err.cyan('▸')} ${text}${count}`)
      drawn = performance.now()
    }
    phase = now
  }
  const end = (): void => {
    if (live && phase !== undefined) draw('\r\u001b[2K')
    phase = undefined
  }
  return Object.assign(progress, { end })
}
