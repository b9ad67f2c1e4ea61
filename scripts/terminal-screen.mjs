/**
 * What a terminal shows after some output: lines of styled cells, scrolled-off lines included. Knows the control
 * sequences (ECMA-48) that command line tools use: colours, cursor movement, erasing. Others are read over.
 */

/** `fg` and `bg` are 0–15, `#rrggbb` or undefined for the default. */
const plain = Object.freeze({})

const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u
const zeroWidth = /\p{M}|[\u200b-\u200d]|\ufe0f/u

/** A control sequence with its parts, an operating system command, another escape, or one character. */
const token = (() => {
  const [esc, bell] = ['\u001b', '\u0007']
  const sequence = `${esc}\\[([?>=]?)([\\d;:]*)([ -/]*[@-~])`
  const command = `${esc}\\][^${bell}${esc}]*(?:${bell}|${esc}\\\\)`
  return new RegExp(`${sequence}|${command}|${esc}[ -/]*[0-~]|[\\s\\S]`, 'gu')
})()

/** The lines of a screen of `columns` × `rows` after `output`: arrays of `{ char, style, width }`, without trailing blanks. */
export function screenAfter(output, columns, rows) {
  const lines = [[]]
  let [row, column, style] = [0, 0, plain]
  let saved = [0, 0]
  const top = () => Math.max(0, lines.length - rows)
  const moveTo = (toRow, toColumn) => {
    row = Math.min(Math.max(toRow, top()), top() + rows - 1)
    column = Math.min(Math.max(toColumn, 0), columns - 1)
    while (lines.length <= row) lines.push([])
  }
  const lineFeed = () => {
    row++
    if (row === lines.length) lines.push([])
  }
  const put = (char) => {
    if (zeroWidth.test(char)) {
      const before = lines[row][column - 1]
      if (before) lines[row][column - 1] = { ...before, char: before.char + char }
      return
    }
    const width = wide.test(char) ? 2 : 1
    if (column + width > columns) {
      column = 0
      lineFeed()
    }
    const line = lines[row]
    while (line.length < column) line.push({ char: ' ', style: plain, width: 1 })
    line[column] = { char, style, width }
    if (width === 2) line[column + 1] = { char: '', style, width: 0 }
    column += width
  }
  const eraseLine = (mode) => {
    const line = lines[row]
    const [from, to] = mode === 0 ? [column, line.length] : mode === 1 ? [0, column + 1] : [0, line.length]
    for (let at = from; at < Math.min(to, line.length); at++) line[at] = { char: ' ', style: plain, width: 1 }
  }
  const eraseScreen = (mode) => {
    if (mode === 0) {
      eraseLine(0)
      lines.length = row + 1
    } else {
      for (let at = top(); at < (mode === 1 ? row : lines.length); at++) lines[at] = []
    }
  }
  const control = {
    A: (n = 1) => moveTo(row - n, column),
    B: (n = 1) => moveTo(row + n, column),
    C: (n = 1) => moveTo(row, column + n),
    D: (n = 1) => moveTo(row, column - n),
    E: (n = 1) => moveTo(row + n, 0),
    F: (n = 1) => moveTo(row - n, 0),
    G: (n = 1) => moveTo(row, n - 1),
    H: (r = 1, c = 1) => moveTo(top() + r - 1, c - 1),
    d: (n = 1) => moveTo(top() + n - 1, column),
    J: (mode = 0) => eraseScreen(mode),
    K: (mode = 0) => eraseLine(mode),
    s: () => {
      saved = [row, column]
    },
    u: () => moveTo(...saved),
    m: (...codes) => {
      style = styleAfter(style, codes)
    },
  }
  for (const [text, marker, parameters, name] of output.matchAll(token)) {
    if (name !== undefined) {
      const numbers = parameters.split(/[;:]/).map((number) => (number === '' ? undefined : Number(number)))
      if (marker === '') control[name]?.(...numbers)
    } else if (text === '\n') lineFeed()
    else if (text === '\r') column = 0
    else if (text === '\b') column = Math.max(0, column - 1)
    else if (text === '\t') column = Math.min((column | 7) + 1, columns - 1)
    else if (text >= ' ' && text !== '\x7f' && text[0] !== '\x1b') put(text)
  }
  return lines.map(trimEnd)
}

function trimEnd(line) {
  let end = line.length
  while (end > 0 && (line[end - 1]?.char ?? ' ') === ' ' && line[end - 1]?.style.bg === undefined) end--
  return Array.from(line.slice(0, end), (cell) => cell ?? { char: ' ', style: plain, width: 1 })
}

/** Select Graphic Rendition, ECMA-48 section 8.3.117; 38 and 48 as in ITU-T T.416. */
function styleAfter(style, codes) {
  let next = { ...style }
  const rest = codes.map((code) => code ?? 0)
  while (rest.length > 0) {
    const code = rest.shift()
    if (code === 0) next = {}
    else if (code === 1) next.bold = true
    else if (code === 2) next.dim = true
    else if (code === 3) next.italic = true
    else if (code === 4) next.underline = true
    else if (code === 7) next.inverse = true
    else if (code === 22) next = { ...next, bold: undefined, dim: undefined }
    else if (code === 23) next.italic = undefined
    else if (code === 24) next.underline = undefined
    else if (code === 27) next.inverse = undefined
    else if (code >= 30 && code <= 37) next.fg = code - 30
    else if (code === 38) next.fg = extendedColor(rest)
    else if (code === 39) next.fg = undefined
    else if (code >= 40 && code <= 47) next.bg = code - 40
    else if (code === 48) next.bg = extendedColor(rest)
    else if (code === 49) next.bg = undefined
    else if (code >= 90 && code <= 97) next.fg = code - 82
    else if (code >= 100 && code <= 107) next.bg = code - 92
  }
  return next
}

const hex = (bytes) => `#${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`

function extendedColor(rest) {
  const kind = rest.shift()
  if (kind === 2) return hex(rest.splice(0, 3))
  if (kind !== 5) return undefined
  const index = rest.shift() ?? 0
  if (index < 16) return index
  if (index >= 232) return hex(Array(3).fill(8 + 10 * (index - 232)))
  const level = (step) => (step === 0 ? 0 : 55 + 40 * step)
  const cube = index - 16
  return hex([level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)])
}
