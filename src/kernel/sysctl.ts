/** Kernel parameters of a namespace (/proc/sys/net), by their dotted names. */
import { readFileSync, writeFileSync } from 'node:fs'
import { inNamespace, type Namespace } from './netns.ts'

/**
 * Writes parameters, in order: `{ 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.eth0/1.forwarding': 1 }`. As in sysctl(8), a slash in
 * a name stands for a dot that belongs to it. Throws `Error` naming the parameter.
 */
export function writeSysctls(namespace: Namespace, values: Readonly<Record<string, string | number>>): void {
  inNamespace(namespace, () => {
    for (const [name, value] of Object.entries(values)) {
      const path = sysctlPath(name)
      try {
        writeFileSync(path, String(value))
      } catch (error) {
        const reason = (error as NodeJS.ErrnoException).code ?? String(error)
        throw new Error(`set ${name} to '${value}': ${reason}; check that this kernel has it: sysctl ${name}`)
      }
    }
  })
}

/** Throws `Error` if there is no such parameter. */
export const readSysctl = (namespace: Namespace, name: string): string =>
  inNamespace(namespace, () => readFileSync(sysctlPath(name), 'utf8').trim())

/** Lets everyone in the namespace send echo requests without a raw socket (icmp(7), ping_group_range). */
export const allowPing = (namespace: Namespace): void =>
  writeSysctls(namespace, { 'net.ipv4.ping_group_range': '0 2147483647' })

function sysctlPath(name: string): string {
  if (!/^net\.[\w./-]+$/.test(name) || name.includes('..'))
    throw new RangeError(`find parameter '${name}': give a name such as net.ipv4.ip_forward`)
  return `/proc/sys/${name.replace(/[./]/g, (mark) => (mark === '.' ? '/' : '.'))}`
}
