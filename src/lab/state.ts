/**
 * Which labs run, for other processes of the same machine: a small file per lab that names its process and where its namespaces are.
 * The file is a hint, never a claim: a lab lives exactly as long as its process, and a file whose process is gone, or whose number
 * another process has now, is removed by whoever meets it and may. What one may not read is somebody else's, and left alone.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { bootId, processStartTime } from '../kernel/index.ts'
import type { Network } from '../model/index.ts'
import { formatIp } from '../net/index.ts'
import type { Mode } from './fabric.ts'
import { nameServersOf } from './name-servers.ts'

export interface RunningLab {
  /** Name of the network, or what the user called this lab. */
  readonly name: string
  readonly file: string
  readonly pid: number
  /** Of the process, in clock ticks since boot: with the boot's id it is the process and no other. */
  readonly startTime: number
  readonly boot: string
  /** Absent: `kernel`. */
  readonly mode?: Mode
  /** Path of its control socket; absent: it has none. */
  readonly control?: string
  /** Path of the audit log of support access, absolute; absent: it has none. */
  readonly auditLog?: string
  /** Descriptor of each node's namespace in that process, by node id. */
  readonly namespaces: Readonly<Record<string, number>>
  /** DNS zone of the network's services. */
  readonly zone: string
  /** Addresses at which each node reaches name servers, by node id. */
  readonly nameServers: Readonly<Record<string, readonly string[]>>
}

const folder = process.env.GLACIS_STATE_DIR ?? '/run/glacis'
/** Names become names of files here: they must not lead elsewhere. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
const fileOf = (name: string): string => join(folder, `${name}.json`)
const socketOf = (name: string): string => join(folder, `${name}.sock`)

/** A lab of this process, to be announced. */
export interface Announcement {
  readonly name: string
  readonly file: string
  readonly network: Network
  readonly mode?: Mode
  readonly namespaces: ReadonlyMap<string, number>
  readonly control?: string
  readonly auditLog?: string
}

/**
 * Announces a lab of this process. A lab of that name that another process announced is hidden by it: ask `findRunning` first.
 * Throws `RangeError` on a name that is not one.
 */
export function announce(lab: Announcement): void {
  const { name, file, network, mode = 'kernel', namespaces, control, auditLog } = lab
  prepareFolder(name)
  const nameServers = network.nodes.map(
    (node) => [node.id, nameServersOf(network, node).map(formatIp)] as const,
  )
  const state: RunningLab = {
    name,
    file,
    pid: process.pid,
    startTime: processStartTime(process.pid) as number,
    boot: bootId(),
    mode,
    ...(control === undefined ? {} : { control }),
    ...(auditLog === undefined ? {} : { auditLog }),
    namespaces: Object.fromEntries(namespaces),
    zone: network.zone,
    nameServers: Object.fromEntries(nameServers),
  }
  const temporary = `${fileOf(name)}.${process.pid}`
  writeFileSync(temporary, JSON.stringify(state), { mode: 0o600 })
  renameSync(temporary, fileOf(name))
}

/** Where the certificates of a lab's machines stand. */
export const credentialFolder = (name: string): string => join(folder, `${name}.tls`)

/** Where a lab's control socket stands, in a folder that is there. Throws as {@link announce}. */
export function controlPath(name: string): string {
  prepareFolder(name)
  return socketOf(name)
}

/** The audit log of support access to a network of this name, where none is given; it stays when the network is down. */
export const auditLogPath = (name: string): string => join(folder, `${name}.access.jsonl`)

/** Names of the networks that have such a log, or the head of one. */
export const networksWithLogs = (): readonly string[] => [
  ...new Set(['.access.jsonl', '.access.jsonl.head'].flatMap(namesBefore)),
]

function prepareFolder(name: string): void {
  if (!namePattern.test(name))
    throw new RangeError(
      `announce lab '${name}': give a name of at most 63 letters, digits, dots, dashes and underscores`,
    )
  mkdirSync(folder, { recursive: true, mode: 0o755 })
}

/** Takes back what `announce` said. */
export function withdraw(name: string): void {
  const state = read(name)
  if (state?.pid === process.pid) rmSync(fileOf(name), { force: true })
}

/** There is a lab, or the rest of one, of which this user may not know more. */
export class HiddenLabError extends Error {
  readonly code = 'EACCES'

  constructor(message: string) {
    super(message)
    this.name = 'HiddenLabError'
  }
}

/** The lab of that name, if its process lives; a file that is left over is removed. Throws {@link HiddenLabError}. */
export function findRunning(name: string): RunningLab | undefined {
  if (!namePattern.test(name)) return undefined
  const state = read(name)
  if (state && isAlive(state)) return state
  for (const left of [fileOf(name), socketOf(name), credentialFolder(name)]) removeIfAllowed(left)
  return undefined
}

/** All labs that run. Throws {@link HiddenLabError} if there are only such as this user may not know of. */
export function runningLabs(): readonly RunningLab[] {
  const labs: RunningLab[] = []
  const hidden: HiddenLabError[] = []
  for (const name of names())
    try {
      const lab = findRunning(name)
      if (lab) labs.push(lab)
    } catch (error) {
      if (!(error instanceof HiddenLabError)) throw error
      hidden.push(error)
    }
  const [first] = hidden
  if (first && labs.length === 0) throw first
  return labs
}

/** Some systems hide processes of others in /proc; that they may not be signalled says that they are there. */
function isAlive({ boot, pid, startTime }: RunningLab): boolean {
  if (boot !== bootId()) return false
  const started = processStartTime(pid)
  if (started !== undefined) return started === startTime
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return isDenied(error)
  }
}

function removeIfAllowed(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch (error) {
    if (!isDenied(error)) throw error
  }
}

const isDenied = (error: unknown): boolean =>
  ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')

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
    await setTimeout(20)
  }
  findRunning(lab.name)
}

const names = (): readonly string[] => namesBefore('.json')

function namesBefore(ending: string): readonly string[] {
  try {
    return readdirSync(folder).flatMap((file) =>
      file.endsWith(ending) ? [file.slice(0, -ending.length)] : [],
    )
  } catch (error) {
    if (isDenied(error)) throw new HiddenLabError(`list ${folder}: it is another user's`)
    return []
  }
}

function read(name: string): RunningLab | undefined {
  try {
    const state = JSON.parse(readFileSync(fileOf(name), 'utf8')) as RunningLab
    const whole = [state.namespaces, state.nameServers].every((part) => typeof part === 'object')
    return Number.isInteger(state.pid) && whole ? state : undefined
  } catch (error) {
    if (isDenied(error)) throw new HiddenLabError(`read ${fileOf(name)}: it is another user's`)
    return undefined
  }
}
