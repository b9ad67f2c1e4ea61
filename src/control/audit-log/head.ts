/**
 * The head of a log: its last record, in a file beside it, so that records cannot be cut off its end unnoticed. May be signed.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ChainEnd } from './record.ts'

export interface Head extends ChainEnd {
  /** Ed25519 over {@link signedBytes}, base64. */
  readonly signature?: string
}

export const headFile = (log: string): string => `${log}.head`

/** What is signed. */
const signedBytes = ({ sequence, hash }: ChainEnd): Uint8Array =>
  new TextEncoder().encode(`glacis audit log head ${sequence} ${hash}\n`)

/** Replaces the head in one step; it is on the disk when this returns. */
export function writeHead(log: string, { sequence, hash }: ChainEnd, key?: KeyObject): void {
  const signature = key && { signature: sign(null, signedBytes({ sequence, hash }), key).toString('base64') }
  const path = headFile(log)
  const temporary = `${path}.${process.pid}`
  const fd = openSync(temporary, 'w', 0o600)
  try {
    writeSync(fd, `${JSON.stringify({ sequence, hash, ...signature })}\n`)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(temporary, path)
  syncFolder(dirname(path))
}

/** A name that was made or moved is on the disk when its folder is. */
export function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** `undefined` if there is no such file; `damaged` if it says nothing that could be a head. */
export function readHead(log: string): Head | 'damaged' | undefined {
  let text: string
  try {
    text = readFileSync(headFile(log), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const { sequence, hash, signature } = JSON.parse(text) as Partial<Head>
    if (!Number.isSafeInteger(sequence) || !/^[0-9a-f]{64}$/.test(String(hash))) return 'damaged'
    return {
      sequence: sequence as number,
      hash: hash as string,
      ...(typeof signature === 'string' && { signature }),
    }
  } catch {
    return 'damaged'
  }
}

/** Whether the head bears a signature by the key. */
export const isSigned = (head: Head, key: KeyObject): boolean =>
  head.signature !== undefined && verify(null, signedBytes(head), key, Buffer.from(head.signature, 'base64'))

/** A private or public Ed25519 key from its PEM text. Throws `TypeError` if it is none. */
export function ed25519Key(pem: string, half: 'private' | 'public'): KeyObject {
  const remedy = `give ${half === 'private' ? 'a private' : 'a public'} Ed25519 key in PEM form: openssl genpkey -algorithm ed25519`
  let key: KeyObject
  try {
    key = half === 'private' ? createPrivateKey(pem) : createPublicKey(pem)
  } catch {
    throw new TypeError(`read key: it is none; ${remedy}`)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError(`read key: it is of another kind; ${remedy}`)
  return key
}
