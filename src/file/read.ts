/** Reads a text file within bounds; what cannot be read becomes a diagnostic at its first character. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { DiagnosticLog } from './diagnostic/diagnostic.ts'
import type { SourceRange } from './source.ts'
import { SourceText } from './syntax/text.ts'
import { utf8Of } from './syntax/utf16.ts'

/** Larger files are refused before they are parsed. */
export const maxFileBytes = 16 * 1024 * 1024

/** Gives a file's bytes, or throws as `node:fs` does. Reads no more than {@link maxFileBytes} + 1. */
export type ReadFile = (file: string) => Uint8Array

export const readFileBounded: ReadFile = (file) => readWithin(file, pipePatience)

/** Milliseconds for which a pipe may bring nothing, before it is given up. */
const pipePatience = 60_000
/** Milliseconds between two looks at a pipe that brings nothing. */
const pipePause = 5
const stdin = 0

/** @param patience milliseconds for which a pipe may bring nothing */
export function readWithin(file: string, patience: number): Uint8Array {
  // Whatever it is, opening it must not wait: a FIFO would, for somebody who writes. Standard input may be a socket, which has no path.
  const descriptor = file === '/dev/stdin' ? stdin : openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (fstatSync(descriptor).isDirectory()) throw systemError('EISDIR', 'is a directory')
    const buffer = Buffer.allocUnsafe(maxFileBytes + 1)
    let length = 0
    let heard = performance.now()
    while (length < buffer.length) {
      const got = readNow(descriptor, buffer, length)
      if (got === 0) break
      if (got === undefined) {
        if (performance.now() - heard > patience) throw systemError('ETIMEDOUT', 'brings nothing')
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pipePause)
      } else {
        length += got
        heard = performance.now()
      }
    }
    return buffer.subarray(0, length)
  } finally {
    if (descriptor !== stdin) closeSync(descriptor)
  }
}

/** Bytes that were read; 0: that was all; `undefined`: a pipe has none yet. */
function readNow(descriptor: number, buffer: Buffer, at: number): number | undefined {
  try {
    return readSync(descriptor, buffer, at, buffer.length - at, null)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined
    throw error
  }
}

const systemError = (code: string, message: string): Error => Object.assign(new Error(message), { code })

/**
 * Reads `path` and names it `file` in diagnostics. On failure reports at `at` (default: the start of the file) and
 * returns `undefined`. The text is added to the log's sources.
 */
export function readSource(
  file: string,
  log: DiagnosticLog,
  {
    path = file,
    readFile = readFileBounded,
    at,
  }: { path?: string; readFile?: ReadFile; at?: SourceRange } = {},
): SourceText | undefined {
  const place = at ?? { file, line: 1, column: 1, length: 1 }
  let bytes: Uint8Array
  try {
    bytes = readFile(path)
  } catch (error) {
    const { message, hint } = explainReadError(file, (error as NodeJS.ErrnoException).code)
    log.report('GL1001', place, message, { hint })
    return undefined
  }
  return decodeSource(file, bytes, log, place)
}

/** As {@link readSource} for bytes that are at hand. */
export function decodeSource(
  file: string,
  given: Uint8Array,
  log: DiagnosticLog,
  at: SourceRange = { file, line: 1, column: 1, length: 1 },
): SourceText | undefined {
  if (given.length > maxFileBytes) {
    log.report('GL1002', at, `cannot read ${file}: it is larger than 16 MiB`, {
      hint: 'is this the right file? A network of 100,000 VMs needs 2.5 to 5 MB',
    })
    return undefined
  }
  const bytes = utf8Of(given)
  const bad = firstNonText(bytes)
  if (bad >= 0) {
    const line = bytes.subarray(0, bad).reduce((count, byte) => count + (byte === 10 ? 1 : 0), 1)
    const place = at.file === file ? { file, line, column: 1, length: 1 } : at
    log.report('GL1003', place, `cannot read ${file}: it is not UTF-8 text (byte ${bad})`, {
      hint: 'save the file as UTF-8 text',
    })
    return undefined
  }
  const source = SourceText(file, new TextDecoder('utf-8', { ignoreBOM: false }).decode(bytes))
  log.sources.set(file, source)
  return source
}

/** Offset of the first byte that is a control character or not valid UTF-8; -1 if there is none. */
function firstNonText(bytes: Uint8Array): number {
  const control = bytes.findIndex((byte) => byte < 9 || (byte > 13 && byte < 32) || byte === 127)
  if (control >= 0) return control
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return -1
  } catch {
    return firstInvalidByte(bytes)
  }
}

function firstInvalidByte(bytes: Uint8Array): number {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  let offset = 0
  for (const char of text) {
    if (
      char === '\ufffd' &&
      !(bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd)
    )
      return offset
    offset += Buffer.byteLength(char)
  }
  return offset
}

function explainReadError(file: string, code: string | undefined): { message: string; hint: string } {
  const cannot = `cannot read ${file}`
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return {
        message: `${cannot}: there is no such file`,
        hint: 'check the path, and from which directory it is named',
      }
    case 'EISDIR':
      return { message: `${cannot}: it is a directory`, hint: 'name the file in it, such as network.yaml' }
    case 'EACCES':
    case 'EPERM':
      return {
        message: `${cannot}: permission denied`,
        hint: 'make it readable with `chmod +r`, or use another user',
      }
    case 'ETIMEDOUT':
      return {
        message: `${cannot}: nothing has come through the pipe for a while`,
        hint: 'check what writes into it, or save its output in a file',
      }
    default:
      return { message: `${cannot}: ${code ?? 'unknown error'}`, hint: 'check that it is a regular file' }
  }
}
