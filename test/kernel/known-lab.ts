/** The small network in a process of its own, known by its socket, which may be killed: what it held is looked at from outside. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import {
  closeNamespace,
  type LocalAddress,
  listenTcp,
  type Namespace,
  openNamespace,
} from '../../src/kernel/index.ts'
import type { RunningLab } from '../../src/lab/index.ts'

export class KnownLab {
  readonly #find: (name: string) => RunningLab | undefined
  readonly #opened: Namespace[] = []
  #child: ChildProcess | undefined
  #lab: RunningLab | undefined

  /** @param find `findRunning`, loaded after the state folder was set */
  constructor(find: (name: string) => RunningLab | undefined) {
    this.#find = find
  }

  /** Resolves when it is up. */
  async start(): Promise<void> {
    this.#child = spawn(process.execPath, ['--import', 'tsx', 'test/kernel/access-process.ts'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(this.#child.stdout as NodeJS.ReadableStream, 'data')
    this.#lab = this.#find('small')
    if (!this.#lab) throw new Error('test: the network did not make itself known')
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child as ChildProcess
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  /** A descriptor of this process: the namespace lives on when the lab is dead, until `closeNamespaces`. */
  inside(node: string): Namespace {
    const { pid, namespaces } = this.#lab as RunningLab
    const namespace = openNamespace(`/proc/${pid}/fd/${namespaces[node]}`)
    this.#opened.push(namespace)
    return namespace
  }

  closeNamespaces(): void {
    for (const namespace of this.#opened.splice(0)) closeNamespace(namespace)
  }

  kill(): void {
    this.#child?.kill('SIGKILL')
  }
}

/** Listens once the killed lab's own listener is gone; returns the descriptor. */
export async function listenOnceFree(namespace: Namespace, local: LocalAddress): Promise<number> {
  for (;;) {
    try {
      return listenTcp(namespace, local)
    } catch (error) {
      if (!String(error).includes('EADDRINUSE')) throw error
      await setTimeout(10)
    }
  }
}
