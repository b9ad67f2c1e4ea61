/** Runs the command as a user does: as a process, its state in a folder of the test's own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../bin/glacis', import.meta.url))

/** The example, relative to the folder in which commands run: the checkout. */
export const example = 'examples/two-sites/network.yaml'
const checkout = fileURLToPath(new URL('../..', import.meta.url))

// The first command of a checkout compiles, and says so: that is no part of what the tests look at.
execFileSync(process.execPath, [program, '--version'], { stdio: 'ignore' })

export interface Finished {
  /** Exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly process: ChildProcess
  readonly finished: Promise<Finished>
  /** Resolves when either stream has shown the text; rejects, with all that was said, if the process ends before. */
  shows(text: string): Promise<void>
}

export interface RunOptions {
  readonly input?: string
  /** A prefix such as `setpriv …` under which the command runs. */
  readonly under?: readonly string[]
}

/** One user of the command, with a state folder and a folder for files. */
export class User {
  readonly folder = mkdtempSync(join(tmpdir(), 'glacis-e2e-'))
  readonly state = join(this.folder, 'state')
  readonly #children = new Set<ChildProcess>()

  start(args: readonly string[], { input, under = [] }: RunOptions = {}): Running {
    const [file = '', ...rest] = [...under, process.execPath, program, ...args]
    const env = { ...process.env, GLACIS_STATE_DIR: this.state }
    const child = spawn(file, rest, { cwd: checkout, env, stdio: 'pipe' })
    this.#children.add(child)
    let stdout = ''
    let stderr = ''
    const listeners = new Set<() => void>()
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
      for (const listener of listeners) listener()
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
      for (const listener of listeners) listener()
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    const finished = new Promise<Finished>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => {
        this.#children.delete(child)
        resolve({ code: code ?? (signal as NodeJS.Signals), stdout, stderr })
      })
    })
    const shows = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const listener = (): void => {
          if (stdout.includes(text) || stderr.includes(text)) resolve()
        }
        listeners.add(listener)
        listener()
        finished.then(({ code }) =>
          reject(new Error(`ended with ${code} before it showed '${text}':\n${stdout}\n${stderr}`)),
        )
      })
    return { process: child, finished, shows }
  }

  /** Runs a command to its end. */
  run(...args: readonly string[]): Promise<Finished> {
    return this.start(args).finished
  }

  /** Runs a command with `--json`; its stdout must be one document. */
  async json(...args: readonly string[]): Promise<Finished & { readonly document: Document }> {
    const finished = await this.run(...args, '--json')
    return { ...finished, document: JSON.parse(finished.stdout) as Document }
  }

  /** Ends what still runs, and removes the folder. */
  leave(): void {
    for (const child of this.#children) child.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** JSON of a command, as tests look at it. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests are about
export type Document = any
