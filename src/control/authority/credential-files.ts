/** Certificates of machines as files, for clients such as curl: readable by their owner alone, gone with the lab. */
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Node } from '../../model/index.ts'
import type { Authority } from './authority.ts'

export interface CredentialFiles {
  readonly certificate: string
  readonly key: string
  /** The root to trust. */
  readonly authority: string
}

/** Where a machine's files are in a folder. */
export function credentialFiles(folder: string, node: string): CredentialFiles {
  const at = (name: string): string => join(folder, node, name)
  return { certificate: at('cert.pem'), key: at('key.pem'), authority: at('ca.pem') }
}

/** Writes, or writes again, the files of these machines. Whoever reads meanwhile finds whole ones, old or new. */
export async function writeCredentials(
  folder: string,
  authority: Authority,
  nodes: readonly Node[],
): Promise<void> {
  for (const node of nodes) {
    const { certificate, key } = await authority.credentials(node)
    const files = credentialFiles(folder, node.id)
    mkdirSync(join(folder, node.id), { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
    replace(files.key, key)
    replace(files.certificate, certificate)
    replace(files.authority, authority.root)
  }
}

export const removeCredentials = (folder: string): void => rmSync(folder, { recursive: true, force: true })

function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
