/**
 * Lines of a terminal as an SVG: text stays text, columns stay aligned whatever monospace font there is, and the colours
 * follow the reader's dark or light scheme.
 */

const fontSize = 14
const cell = { width: 8.4, height: 19 }
const padding = 16

/** Black to white, then bright; each readable (4.5 to 1) as text on its background. */
export const schemes = {
  dark: {
    text: '#d6dbe1',
    background: '#14181d',
    palette:
      '#8a93a0 #ff7b72 #5fc878 #dfa94a #6cb0ff #d39bf5 #4cc4d0 #d6dbe1 #9aa4b1 #ff9c94 #7ee295 #f2c46d #93c5ff #e2b9ff #77dce6 #ffffff'.split(
        ' ',
      ),
  },
  light: {
    text: '#24292f',
    background: '#fafaf7',
    palette:
      '#24292f #b3261e #1a6b33 #855100 #0a58b0 #7a36a8 #0b6570 #59626d #4b535d #c22f26 #1c7438 #8a5600 #0b62c4 #8741b8 #0b6e7a #24292f'.split(
        ' ',
      ),
  },
}

/** `lines` as `screenAfter` gives them. The size depends on `columns` and the number of lines alone. */
export function terminalSvg(lines, columns, title) {
  const width = Math.ceil(columns * cell.width + 2 * padding)
  const height = lines.length * cell.height + 2 * padding
  const body = lines.flatMap((line, index) => svgLine(line, padding + index * cell.height)).join('\n')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<title>${escapeXml(title)}</title>
<style>
text { font: ${fontSize}px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; white-space: pre }
.bold { font-weight: bold } .dim { opacity: 0.75 } .italic { font-style: italic } .underline { text-decoration: underline }
${rules(schemes.dark)}
@media (prefers-color-scheme: light) {
${rules(schemes.light)}
}
</style>
<rect class="back" width="${width}" height="${height}" rx="8"/>
${body}
</svg>
`
}

const rules = ({ text, background, palette }) =>
  [
    `text { fill: ${text} } .back, .on-text { fill: ${background} } .b-text { fill: ${text} }`,
    ...palette.map((color, index) => `.f${index} { fill: ${color} } .b${index} { fill: ${color} }`),
  ].join('\n')

/** Neighbouring cells of one style form a run; a run of blanks without a background draws nothing. */
function svgLine(line, y) {
  const runs = []
  let column = 0
  for (const { char, style, width } of line) {
    const key = JSON.stringify(style)
    const last = runs.at(-1)
    if (last?.key === key) {
      last.text += char
      last.width += width
    } else runs.push({ key, style, text: char, width, column })
    column += width
  }
  return runs.flatMap((run) => [...background(run, y), ...foreground(run, y)])
}

function background({ style, column, width }, y) {
  const color = style.inverse ? (style.fg ?? 'text') : style.bg
  if (color === undefined) return []
  return [
    `<rect x="${x(column)}" y="${y}" width="${length(width)}" height="${cell.height}" ${paint('b', color)}/>`,
  ]
}

function foreground({ style, column, width, text }, y) {
  if (text.trim() === '' && !style.underline) return []
  // On a coloured ground, what was meant black, white or default is the scheme's background: the contrast is known.
  const onColor = style.inverse
    ? style.bg === undefined
    : style.bg !== undefined && [undefined, 0, 7, 15].includes(style.fg)
  const color = onColor ? undefined : style.inverse ? style.bg : style.fg
  const marks = ['bold', 'dim', 'italic', 'underline'].filter((mark) => style[mark])
  if (onColor) marks.push('on-text')
  const look = paint('f', color, marks)
  const place = `x="${x(column)}" y="${y + fontSize}" textLength="${length(width)}" lengthAdjust="spacingAndGlyphs"`
  return [`<text ${place}${look ? ` ${look}` : ''} xml:space="preserve">${escapeXml(text)}</text>`]
}

/** Palette colours are classes, so that they follow the scheme; others are as given. */
function paint(prefix, color, marks = []) {
  const exact = typeof color === 'string' && color.startsWith('#')
  const inPalette = color !== undefined && !exact
  const classes = inPalette ? [...marks, color === 'text' ? `${prefix}-text` : `${prefix}${color}`] : marks
  const attributes = [
    ...(classes.length > 0 ? [`class="${classes.join(' ')}"`] : []),
    ...(exact ? [`style="fill:${color}"`] : []),
  ]
  return attributes.join(' ')
}

const x = (column) => +(padding + column * cell.width).toFixed(1)
const length = (columns) => +(columns * cell.width).toFixed(1)

const escapeXml = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
