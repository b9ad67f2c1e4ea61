/** The lines of a file, piece by piece: a log may be longer than memory. */
import { readSync } from 'node:fs'

export interface Line {
  /** Without its end. */
  readonly bytes: Uint8Array
  /** Whether it has an end: only the last one of a file may not. */
  readonly ended: boolean
}

const newline = 0x0a
const piece = 65_536

/** From the start of the file, wherever its descriptor stands. */
export function* linesOf(fd: number): Generator<Line> {
  const buffer = Buffer.alloc(piece)
  let rest = Buffer.alloc(0)
  for (let at = 0; ; ) {
    const count = readSync(fd, buffer, 0, piece, at)
    if (count === 0) break
    at += count
    let data = Buffer.concat([rest, buffer.subarray(0, count)])
    for (let end = data.indexOf(newline); end >= 0; end = data.indexOf(newline)) {
      yield { bytes: Uint8Array.from(data.subarray(0, end)), ended: true }
      data = data.subarray(end + 1)
    }
    rest = data
  }
  if (rest.length > 0) yield { bytes: Uint8Array.from(rest), ended: false }
}
