/** A text file in memory, with the line and column of each offset. */
import type { SourceRange } from './source.ts'

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
  const lineStart = source.lineStarts[line] as number
  const lineEnd = lineStart + lineText(source, line + 1).length
  const length = Math.max(1, Math.min(end, lineEnd) - offset)
  return { file: source.file, line: line + 1, column: offset - lineStart + 1, length }
}

/** Text of a 1-based line without its line break; empty past the end. */
export function lineText({ text, lineStarts }: SourceText, line: number): string {
  const start = lineStarts[line - 1]
  if (start === undefined) return ''
  return text.slice(start, (lineStarts[line] ?? text.length + 1) - 1).replace(/\r$/, '')
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
