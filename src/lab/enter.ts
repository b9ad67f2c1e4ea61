/** Running a command inside a node of a lab that another process holds. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closeNamespace, inNamespace, type Namespace, openNamespace } from '../kernel/index.ts'
import type { RunningLab } from './state.ts'

/**
 * Starts the command in the node's namespace and waits for its end; returns its exit code (128 + signal if one ended it). In it, names
 * are looked up at the name servers of the node's site. Throws if the lab has no such node, or is gone.
 */
export async function enterNode(lab: RunningLab, node: string, command: readonly string[]): Promise<number> {
  const descriptor = lab.namespaces[node]
  if (descriptor === undefined) throw new TypeError(`enter ${node}: the lab ${lab.name} has no such node`)
  const folder = mkdtempSync(join(tmpdir(), 'glacis-shell-'))
  const resolver = join(folder, 'resolv.conf')
  const site = lab.sites[node]
  const servers = site === undefined ? Object.values(lab.nameServers).flat() : (lab.nameServers[site] ?? [])
  writeFileSync(
    resolver,
    servers
      .slice(0, 3)
      .map((server) => `nameserver ${server}\n`)
      .join(''),
  )
  let namespace: Namespace | undefined
  try {
    namespace = openNamespace(`/proc/${lab.pid}/fd/${descriptor}`)
    // A mount namespace of its own, so that only this command sees the other resolver and the node's /sys.
    const setUp =
      'mount --bind "$1" /etc/resolv.conf; mount -t sysfs sysfs /sys 2>/dev/null; shift; exec "$@"'
    const child = inNamespace(namespace, () =>
      spawn('unshare', ['--mount', 'sh', '-c', setUp, 'sh', resolver, ...command], {
        stdio: 'inherit',
        env: { ...process.env, GLACIS_NODE: node, PS1: `${node} \\w # ` },
      }),
    )
    const ignore = (): void => {}
    process.on('SIGINT', ignore)
    try {
      return await new Promise<number>((resolve, reject) => {
        child.once('error', reject)
        child.once('exit', (code, signal) => resolve(code ?? (signal ? 128 + 15 : 1)))
      })
    } finally {
      process.off('SIGINT', ignore)
    }
  } finally {
    if (namespace) closeNamespace(namespace)
    rmSync(folder, { recursive: true, force: true })
  }
}
