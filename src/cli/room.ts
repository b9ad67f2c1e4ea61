/**
 * A process of its own for a network of very many machines. What proofs make and forget at once is collected by a walk over all that is kept, however little
 * is forgotten, so that the room for it is to be large; and what Node keeps at most by itself, 4 GiB, two such networks fill. Both is said when a process starts.
 */
import { spawn } from 'node:child_process'
import { constants, totalmem } from 'node:os'
import { sizeOf } from './file-size.ts'
import { usualFile } from './usual-file.ts'

/** Verbs that prove something, and end by themselves or by a signal. */
const verbs = new Set(['check', 'plan', 'why', 'matrix', 'lint', 'availability'])

/** Bytes of a network file from which on it is worth the start of a second process: some 40,000 VMs. */
const large = 2 ** 20

const mark = 'GLACIS_ROOM'
const mebibyte = 2 ** 20

/** Whether a command line is of a proof of such a network, and this process has not the room. */
export function needsRoom(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): boolean {
  if (env[mark] !== undefined || !verbs.has(argv[0] ?? '')) return false
  const given = argv.slice(1).map(sizeOf)
  const sizes = given.some((size) => size !== undefined) ? given : [sizeOf(usualFile)]
  return sizes.some((size) => size !== undefined && size >= large)
}

const starter = process.ppid

/** Whether this is such a process, and who started it is gone without a word: killed, it could pass on nothing. */
export const isAbandoned = (): boolean => process.env[mark] !== undefined && process.ppid !== starter

/** Options of Node: what is kept for a short time, and three quarters of the memory for the rest, if nothing was said of it. */
export function roomFlags(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const flags = ['--max-semi-space-size=64']
  if (/max[-_]old[-_]space[-_]size/.test(env.NODE_OPTIONS ?? '')) return flags
  const constrained = process.constrainedMemory?.() ?? 0
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
  return [...flags, `--max-old-space-size=${Math.floor((0.75 * memory) / mebibyte)}`]
}

/** Runs the same command line in such a process; resolves to its exit code. Signals are passed on. */
export function runWithRoom(command: string, argv: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...roomFlags(), command, ...argv], {
    stdio: 'inherit',
    env: { ...process.env, [mark]: '1' },
  })
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, passOn)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      for (const each of signals) process.off(each, passOn)
      if (signal !== null && !(signals as readonly string[]).includes(signal)) {
        const reason = signal === 'SIGKILL' || signal === 'SIGABRT' ? ': was there too little memory?' : ''
        process.stderr.write(`glacis: ${argv[0]}: the process that proves was ended by ${signal}${reason}\n`)
      }
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))
    })
  })
}
