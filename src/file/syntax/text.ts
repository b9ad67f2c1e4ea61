/** A text file in memory, with the line and column of each offset. */
import type { SourceRange } from '../source.ts'

export interface SourceText {
  readonly file: string
  readonly text: string
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[]
}

export function SourceText(file: string, text: string): SourceText {
  const lineStarts = [0]
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) lineStarts.push(i + 1)
  return { file, text, lineStarts }
}

/** The part from `start` up to `end`, cut at the end of its first line; offsets are in UTF-16 units. */
export function rangeAt(source: SourceText, start: number, end: number): SourceRange {
  const offset = Math.max(0, Math.min(start, source.text.length))
  const line = lineIndex(source.lineStarts, offset)
  const length = Math.max(1, Math.min(end, lineEnd(source, line)) - offset)
  return {
    file: source.file,
    line: line + 1,
    column: offset - (source.lineStarts[line] as number) + 1,
    length,
  }
}

/** Text of a 1-based line without its line break, or a part of it from a 0-based column on; empty past the end. */
export function lineText(source: SourceText, line: number, from = 0, to = Number.POSITIVE_INFINITY): string {
  const start = source.lineStarts[line - 1]
  if (start === undefined) return ''
  return source.text.slice(start + from, Math.min(start + to, lineEnd(source, line - 1)))
}

/** Length of a 1-based line in UTF-16 units, without its line break. */
export const lineLength = (source: SourceText, line: number): number =>
  lineEnd(source, line - 1) - (source.lineStarts[line - 1] ?? 0)

function lineEnd({ text, lineStarts }: SourceText, index: number): number {
  const next = lineStarts[index + 1]
  if (next === undefined) return text.length
  return text[next - 2] === '\r' ? next - 2 : next - 1
}

function lineIndex(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] as number) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
