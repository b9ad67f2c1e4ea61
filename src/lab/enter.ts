/** Running a command inside a node of a lab that another process holds. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { closeNamespace, inNamespace, openNamespace } from '../kernel/index.ts'
import { credentialVariables } from './credentials.ts'
import type { RunningLab } from './state.ts'

/**
 * Starts the command in the node's namespace and waits for its end; returns its exit code (128 + signal if one ended it). In it, names
 * are looked up at the name servers that the node reaches, and /sys shows the node's interfaces. Throws if the lab has no such node,
 * or is gone.
 */
export async function enterNode(
  lab: RunningLab,
  node: string,
  command: readonly string[],
  stdio: SpawnOptions['stdio'] = 'inherit',
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'glacis-shell-'))
  const resolver = join(folder, 'resolv.conf')
  // Ctrl-C is for the command; this process ends after it.
  const ignore = (): void => {}
  process.on('SIGINT', ignore)
  try {
    writeFileSync(resolver, resolverText(lab, node))
    const child = start(lab, node, resolver, command, stdio)
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']))
    })
  } finally {
    process.off('SIGINT', ignore)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A mount namespace of its own, so that only this command sees the other resolver and the node's /sys. */
const setUp = 'mount --bind "$1" /etc/resolv.conf; mount -t sysfs sysfs /sys 2>/dev/null; shift; exec "$@"'

function start(
  lab: RunningLab,
  node: string,
  resolver: string,
  command: readonly string[],
  stdio: SpawnOptions['stdio'],
): ChildProcess {
  const descriptor = lab.namespaces[node]
  if (descriptor === undefined) throw new TypeError(`enter ${node}: the lab ${lab.name} has no such node`)
  const namespace = openNamespace(`/proc/${lab.pid}/fd/${descriptor}`)
  try {
    return inNamespace(namespace, () =>
      spawn('unshare', ['--mount', 'sh', '-c', setUp, 'sh', resolver, ...command], {
        stdio,
        env: {
          ...process.env,
          ...credentialVariables(lab.name, node),
          GLACIS_NODE: node,
          PS1: `${node} \\w # `,
        },
      }),
    )
  } finally {
    closeNamespace(namespace)
  }
}

/** resolv.conf(5), of which the C library reads three name servers. */
const resolverText = ({ zone, nameServers }: RunningLab, node: string): string =>
  [
    `search ${zone}`,
    'options timeout:1 attempts:2',
    ...(nameServers[node] ?? []).slice(0, 3).map((server) => `nameserver ${server}`),
    '',
  ].join('\n')
