/**
 * The certificates of a running lab's machines as files beside what announces it, for clients inside its nodes: `glacis shell` tells a
 * machine where its own are. They are for those who may enter nodes, that is for root, and gone when the lab is.
 */
import { existsSync } from 'node:fs'
import { credentialFiles, removeCredentials, writeCredentials } from '../control/index.ts'
import { authorisedNodes, type Network, type Node } from '../model/index.ts'
import type { KernelFabric } from './kernel/fabric.ts'
import { credentialFolder } from './state.ts'

export interface WrittenCredentials {
  /** May be called twice. */
  close(): void
}

/** Milliseconds after which files are written again; certificates live for a day and are replaced after half of it. */
const renewal = 3_600_000

/** Writes the certificates of all machines that are clients of a service of category 2, and keeps them fresh. */
export async function writeLabCredentials(
  name: string,
  network: Network,
  fabric: KernelFabric,
): Promise<WrittenCredentials> {
  const folder = credentialFolder(name)
  const nodes = clientsIn(network)
  const authority = await fabric.authority()
  let closed = false
  const write = async (): Promise<void> => {
    if (!closed) await writeCredentials(folder, authority, nodes)
    // It may have been closed meanwhile.
    if (closed) removeCredentials(folder)
  }
  await write()
  const timer = setInterval(() => void write().catch(() => undefined), renewal).unref()
  return {
    close() {
      closed = true
      clearInterval(timer)
      removeCredentials(folder)
    },
  }
}

/** Machines that have a certificate to show. */
function clientsIn(network: Network): readonly Node[] {
  const clients = network.nodes.flatMap((node) =>
    node.listeners.flatMap((listener) => authorisedNodes(network, node, listener)),
  )
  return [...new Set(clients)]
}

/** Where the certificate of a lab's node is, as what a shell in it is told; empty if it has none. */
export function credentialVariables(lab: string, node: string): Readonly<Record<string, string>> {
  const { certificate, key, authority } = credentialFiles(credentialFolder(lab), node)
  return existsSync(key) ? { GLACIS_CERT: certificate, GLACIS_KEY: key, GLACIS_CA: authority } : {}
}
