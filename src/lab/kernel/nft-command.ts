/** The program nft(8), run inside the namespace of a node. */
import { spawn, spawnSync } from 'node:child_process'
import { inNamespace } from '../../kernel/index.ts'
import type { KernelNode } from './node.ts'

const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` }

/** Resolves when nft has done what the input says; rejects with its own words. */
export function startNft(node: KernelNode, input: string): Promise<void> {
  const child = inNamespace(node.namespace, () =>
    spawn('nft', ['-f', '-'], { env, stdio: ['pipe', 'ignore', 'pipe'] }),
  )
  return new Promise((resolve, reject) => {
    const heard: Buffer[] = []
    child.stderr.on('data', (chunk: Buffer) => heard.push(chunk))
    child.once('error', (error) => reject(failure(node, error.message)))
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(failure(node, Buffer.concat(heard).toString())),
    )
    // A program that ends before it has read all is told of by its exit code.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

/** Milliseconds; 100,000 rules take some 4,000. */
const patience = 15_000

/** As {@link startNft}, while everything else waits, if not for ever; returns what it printed. */
export function runNft(node: KernelNode, words: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = inNamespace(node.namespace, () =>
    spawnSync('nft', words, { env, input, encoding: 'utf8', maxBuffer: 1 << 28, timeout: patience }),
  )
  if (status === 0) return stdout
  throw failure(node, error?.message ?? stderr)
}

/** Whether there is such a program. */
export const hasNft = (): boolean => spawnSync('nft', ['--version'], { env, stdio: 'ignore' }).status === 0

const failure = (node: KernelNode, why: string): Error =>
  new Error(
    `apply the guest firewall of ${node.node.id} by nft: ${why.trim()}; install nftables, or add --portable`,
  )
