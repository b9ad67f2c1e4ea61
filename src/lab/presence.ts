/** A running network makes itself known to other processes of this machine: its socket first, then the file that names it. */
import { resolve } from 'node:path'
import { ControlError } from './control/index.ts'
import { labMethods } from './control/lab-methods.ts'
import { serveControl } from './control/server.ts'
import type { RunningNetwork } from './running-network.ts'
import { announce, auditLogPath, controlPath, type RunningLab, withdraw } from './state.ts'
import { SupportAccess } from './support-access.ts'

export interface PresenceOptions {
  /** Hears, as a sentence without a full stop, that the audit log of support access was damaged or taken away. Must not throw. */
  readonly onLogDamage?: (what: string) => void
}

export interface Presence {
  /** May be called twice. */
  close(): Promise<void>
}

/**
 * Serves and announces the network. A network of that name that another process announced is hidden: ask `findRunning` first. Rejects
 * with what the system says, of the folder above all.
 * @param namespaces descriptor of each node's namespace in this process; none in portable mode
 */
export async function makeKnown(
  running: RunningNetwork,
  namespaces: ReadonlyMap<string, number>,
  { onLogDamage }: PresenceOptions = {},
): Promise<Presence> {
  const { name, fabric } = running
  const { network } = running.inForce
  const control = controlPath(name)
  const auditLog = resolve(process.env.GLACIS_AUDIT_LOG ?? auditLogPath(name))
  const access = new SupportAccess(running, {
    log: auditLog,
    ...(onLogDamage && { onDamage: onLogDamage }),
    ...(process.env.GLACIS_AUDIT_KEY && { key: process.env.GLACIS_AUDIT_KEY }),
  })
  const server = await serveControl(control, labMethods(running, access)).catch((error) => {
    access.close()
    throw error
  })
  const close = async (): Promise<void> => {
    await server.close()
    access.close()
    withdraw(name)
  }
  try {
    announce({ name, file: network.file, network, mode: fabric.mode, namespaces, control, auditLog })
  } catch (error) {
    await close()
    throw error
  }
  return { close }
}

/** The socket of a running lab. Throws `ControlError` if it has none. */
export function controlOf({ name, control }: RunningLab): string {
  if (control !== undefined) return control
  throw new ControlError(
    'GL7002',
    `ask ${name}: it was brought up by a Glacis that cannot be asked; take it down and bring it up again`,
  )
}
