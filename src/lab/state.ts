/**
 * Which labs run, for other processes of the same machine: a small file per lab that names its process and where its namespaces are.
 * The file is a hint, never a claim: a lab lives exactly as long as its process, and a file whose process is gone, or whose number
 * another process has now, is removed by whoever meets it.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bootId, processStartTime } from '../kernel/index.ts'

export interface RunningLab {
  /** Name of the network, or what the user called this lab. */
  readonly name: string
  readonly file: string
  readonly pid: number
  /** Of the process, in clock ticks since boot: with the boot's id it is the process and no other. */
  readonly startTime: number
  readonly boot: string
  /** Descriptor of each node's namespace in that process, by node id. */
  readonly namespaces: Readonly<Record<string, number>>
  /** Site of each node that has one, and addresses of each site's name servers. */
  readonly sites: Readonly<Record<string, string>>
  readonly nameServers: Readonly<Record<string, readonly string[]>>
}

const folder = process.env.GLACIS_STATE_DIR ?? '/run/glacis'
const fileOf = (name: string): string => join(folder, `${name}.json`)

/** Announces a lab of this process. A lab of that name that another process announced is hidden by it: ask `findRunning` first. */
export function announce(lab: Omit<RunningLab, 'pid' | 'startTime' | 'boot'>): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const state: RunningLab = {
    ...lab,
    pid: process.pid,
    startTime: processStartTime(process.pid) as number,
    boot: bootId(),
  }
  const temporary = `${fileOf(lab.name)}.${process.pid}`
  writeFileSync(temporary, JSON.stringify(state), { mode: 0o600 })
  renameSync(temporary, fileOf(lab.name))
}

/** Takes back what `announce` said. */
export function withdraw(name: string): void {
  const state = read(name)
  if (state?.pid === process.pid) rmSync(fileOf(name), { force: true })
}

/** The lab of that name, if its process lives; a file that is left over is removed. */
export function findRunning(name: string): RunningLab | undefined {
  const state = read(name)
  if (state && state.boot === bootId() && processStartTime(state.pid) === state.startTime) return state
  rmSync(fileOf(name), { force: true })
  return undefined
}

/** All labs that run. */
export function runningLabs(): readonly RunningLab[] {
  return names().flatMap((name) => findRunning(name) ?? [])
}

/** Milliseconds that a lab has to take itself down before it is killed. */
const grace = 10_000

/** Ends a lab and waits until its process is gone: the kernel then removes whatever it held. */
export async function stopRunning(lab: RunningLab): Promise<void> {
  const alive = (): boolean => processStartTime(lab.pid) === lab.startTime
  const signal = (name: NodeJS.Signals): void => {
    if (alive()) process.kill(lab.pid, name)
  }
  signal('SIGTERM')
  const deadline = performance.now() + grace
  while (alive()) {
    if (performance.now() > deadline) signal('SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  findRunning(lab.name)
}

function names(): readonly string[] {
  try {
    return readdirSync(folder).flatMap((file) =>
      file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : [],
    )
  } catch {
    return []
  }
}

function read(name: string): RunningLab | undefined {
  try {
    const state = JSON.parse(readFileSync(fileOf(name), 'utf8')) as RunningLab
    return Number.isInteger(state.pid) && typeof state.namespaces === 'object' ? state : undefined
  } catch {
    return undefined
  }
}
