/** Commands inside nodes of a lab that this process holds: real clients, as a user has them. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { closeNamespace, inNamespace, type Namespace, openNamespace } from '../../src/kernel/index.ts'
import type { KernelFabric } from '../../src/lab/index.ts'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A node's namespace, to be closed by who asked. */
export const namespaceOf = ({ namespaces }: KernelFabric, node: string): Namespace =>
  openNamespace(`/proc/self/fd/${namespaces.get(node)}`)

/** Starts a program in a node's network namespace. */
export function spawnInside(
  fabric: KernelFabric,
  node: string,
  program: string,
  words: readonly string[],
): ChildProcessWithoutNullStreams {
  const namespace = namespaceOf(fabric, node)
  try {
    return inNamespace(namespace, () => spawn(program, words))
  } finally {
    closeNamespace(namespace)
  }
}

/** Runs a command in a node's network namespace and waits for its end; `input` is what it reads. */
export async function runInside(
  fabric: KernelFabric,
  node: string,
  [program = '', ...words]: readonly string[],
  input = '',
): Promise<Ran> {
  const child = spawnInside(fabric, node, program, words)
  // A command that reads nothing may be gone by then.
  child.stdin.on('error', () => undefined).end(input)
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, stdout, stderr }
}

export interface Answer {
  /** 0: there was none. */
  readonly status: number
  readonly body: string
}

/** What `curl` gets inside a node. */
export async function curlInside(
  fabric: KernelFabric,
  node: string,
  url: string,
  ...options: readonly string[]
): Promise<Answer> {
  const { stdout } = await runInside(fabric, node, [
    'curl',
    '--silent',
    '--globoff',
    '--noproxy',
    '*',
    '--max-time',
    '4',
    '--write-out',
    '\n%{http_code}',
    ...options,
    url,
  ])
  const at = stdout.lastIndexOf('\n')
  return { status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) }
}
