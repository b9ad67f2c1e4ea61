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

export const readFileBounded: ReadFile = (file) => {
  // Whatever it is, opening it must not wait: a FIFO would, for somebody who writes.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const state = fstatSync(descriptor)
    if (state.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' })
    if (state.isFIFO() || state.isSocket())
      throw Object.assign(new Error('is no regular file'), { code: 'ESPIPE' })
    const buffer = Buffer.allocUnsafe(maxFileBytes + 1)
    let length = 0
    for (let got = -1; got !== 0 && length < buffer.length; length += got)
      got = readSync(descriptor, buffer, length, buffer.length - length, null)
    return buffer.subarray(0, length)
  } finally {
    closeSync(descriptor)
  }
}

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
    default:
      return { message: `${cannot}: ${code ?? 'unknown error'}`, hint: 'check that it is a regular file' }
  }
}
