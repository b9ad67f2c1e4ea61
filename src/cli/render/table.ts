/** Columns of text. */

/** Pads cells to columns two spaces apart; the last column is left as it is. */
export function table(rows: ReadonlyArray<readonly string[]>, indent = ''): string {
  const widths: number[] = []
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell))
  return rows
    .map((row) =>
      `${indent}${row.map((cell, i) => (i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] as number) - width(cell)))).join('  ')}`.trimEnd(),
    )
    .join('\n')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
const colour = /\u001b\[[0-9;]*m/g

/** Characters that a terminal shows; colours take no room. */
export const width = (text: string): number => [...text.replace(colour, '')].length

/** Items two spaces apart, or `gap`, in as many lines as they need; further lines begin with `indent`. */
export function flow(items: readonly string[], columns: number, indent: string, gap = '  '): string {
  const [first = '', ...rest] = items
  const lines = [first]
  for (const item of rest) {
    const line = `${lines.at(-1)}${gap}${item}`
    if (width(line) <= columns) lines[lines.length - 1] = line
    else lines.push(`${indent}${item}`)
  }
  return lines.join('\n')
}
