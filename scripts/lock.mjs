/**
 * A lock between processes of one checkout: a directory with one entry for each process that works under it. Taking it
 * is one rename of a directory that already holds its entry, so there is no moment at which a held lock looks empty. An
 * entry names a process by host, process id and start time; a lock whose processes are all gone is taken over.
 */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'

/** Processes of another host cannot be asked; after this many milliseconds their lock counts as left behind. */
const foreignLifetime = 15 * 60_000
const pollInterval = 100

/**
 * Runs `action` while holding the lock. `action` gets a function that adds a child process to the lock, so that a child
 * which outlives us keeps it. `onWait(pids)` is called once when others hold the lock for longer than a second.
 */
export async function withLock(directory, action, onWait = () => {}) {
  const own = await acquire(directory, onWait)
  const entries = [own]
  try {
    return await action((pid) => {
      const entry = entryOf(pid)
      writeFileSync(join(directory, entry), '')
      entries.push(entry)
    })
  } finally {
    for (const entry of entries) rmSync(join(directory, entry), { force: true })
    attempt(() => rmdirSync(directory))
  }
}

async function acquire(directory, onWait) {
  const own = entryOf(process.pid)
  mkdirSync(dirname(directory), { recursive: true })
  for (let waited = 0; ; waited += pollInterval) {
    const entries = attempt(() => readdirSync(directory)) ?? []
    const alive = entries.filter((entry) => isAlive(directory, entry))
    if (alive.length === 0) {
      for (const entry of entries) rmSync(join(directory, entry), { force: true })
      if (takeEmpty(directory, own)) return own
    }
    if (waited === 10 * pollInterval) onWait(alive.map((entry) => entry.split('.')[1]))
    await new Promise((resolve) => setTimeout(resolve, pollInterval))
  }
}

/** Only one of several processes that try at once succeeds: a directory that is not empty cannot be renamed over. */
function takeEmpty(directory, own) {
  const staging = `${directory}.${own}`
  mkdirSync(staging, { recursive: true })
  writeFileSync(join(staging, own), '')
  attempt(() => rmdirSync(directory))
  try {
    renameSync(staging, directory)
    return true
  } catch (error) {
    rmSync(staging, { recursive: true, force: true })
    if (['EEXIST', 'ENOTEMPTY', 'EPERM'].includes(error.code)) return false
    throw error
  }
}

const host = () => encodeURIComponent(hostname()).replaceAll('.', '%2E')

const entryOf = (pid) => `${host()}.${pid}.${startTime(pid) ?? 0}`

function isAlive(directory, entry) {
  const [entryHost, pid, start] = entry.split('.')
  if (entryHost !== host()) {
    const status = attempt(() => statSync(join(directory, entry)))
    return status !== undefined && Date.now() - status.mtimeMs < foreignLifetime
  }
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    if (error.code === 'ESRCH') return false
  }
  return start === '0' || start === startTime(pid)
}

/** Start of a process in clock ticks since boot: field 22 of proc(5) `stat`. `undefined` where there is no `/proc`. */
const startTime = (pid) =>
  attempt(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  })

function attempt(action) {
  try {
    return action()
  } catch {
    return undefined
  }
}
