import { describe, expect, it } from 'vitest'
import { screenAfter } from './terminal-screen.mjs'
import { schemes, terminalSvg } from './terminal-svg.mjs'

const shown = (output, columns = 20, rows = 5) =>
  screenAfter(output, columns, rows).map((line) => line.map(({ char }) => char).join(''))

describe('screenAfter', () => {
  it.each([
    ['lines', 'a\r\nb', ['a', 'b']],
    ['carriage return', '10 %\r100 %', ['100 %']],
    ['erasing to the end of the line', 'working\rdone\x1b[K', ['done']],
    ['erasing from the start of the line', 'abc\x1b[2D\x1b[1K', ['  c']],
    ['going up to rewrite', 'a\r\nb\r\n\x1b[2AA\r\n', ['A', 'b', '']],
    ['erasing below', 'a\r\nb\r\nc\x1b[2A\r\x1b[Jd', ['d']],
    ['absolute columns', 'abc\x1b[2GX', ['aXc']],
    ['absolute position', 'a\r\nb\x1b[1;1HX', ['X', 'b']],
    ['backspace and tab', 'ab\bc\td', ['ac      d']],
    ['wrapping', 'abcdefghijklmnopqrstuv', ['abcdefghijklmnopqrst', 'uv']],
    ['a full line, then a line end', 'abcdefghijklmnopqrst\r\nu', ['abcdefghijklmnopqrst', 'u']],
    ['saved cursor', 'a\x1b[sbc\x1b[uX', ['aXc']],
    ['titles, links and modes', '\x1b]0;title\x07\x1b]8;;x\x1b\\a\x1b[?25l\x1b(Bb', ['ab']],
    ['combining marks', 'e\u0301x', ['e\u0301x']],
    ['trailing blanks', 'a   ', ['a']],
  ])('shows %s', (_, output, lines) => {
    expect(shown(output)).toEqual(lines)
  })

  it('keeps what scrolled off, and does not let the cursor go back there', () => {
    expect(shown('1\r\n2\r\n3\r\n4\x1b[9A\rX', 20, 2)).toEqual(['1', '2', 'X', '4'])
  })

  it('gives wide characters two columns', () => {
    expect(screenAfter('日a', 20, 5)[0].map(({ width }) => width)).toEqual([2, 0, 1])
  })

  it.each([
    ['\x1b[1;31m', { bold: true, fg: 1 }],
    ['\x1b[91;42m', { fg: 9, bg: 2 }],
    ['\x1b[38;5;208m', { fg: '#ff8700' }],
    ['\x1b[38;5;12m', { fg: 12 }],
    ['\x1b[38;5;232m', { fg: '#080808' }],
    ['\x1b[48;2;1;2;255m', { bg: '#0102ff' }],
    ['\x1b[1m\x1b[m', {}],
    ['\x1b[1;2;31m\x1b[22m', { fg: 1 }],
  ])('reads %j', (sequence, style) => {
    expect(JSON.parse(JSON.stringify(screenAfter(`${sequence}x`, 20, 5)[0][0].style))).toEqual(style)
  })
})

describe('terminalSvg', () => {
  const svg = (output, columns = 20) => terminalSvg(screenAfter(output, columns, 5), columns, 'a <title>')

  it('has a size that depends on columns and lines alone', () => {
    const size = (text) => /viewBox="([^"]*)"/.exec(text)[1]
    expect(size(svg('a\r\nb'))).toBe(size(svg('\x1b[31mother\r\ntext')))
    expect(size(svg('a'))).not.toBe(size(svg('a\r\nb')))
    expect(size(svg('a', 20))).not.toBe(size(svg('a', 21)))
  })

  it('escapes what XML reserves', () => {
    expect(svg('a < b && "c"')).toContain('>a &lt; b &amp;&amp; &quot;c&quot;</text>')
    expect(svg('')).toContain('<title>a &lt;title&gt;</title>')
  })

  it('puts each run of one style at its column', () => {
    const texts = [...svg('ab\x1b[31mcd').matchAll(/<text x="([\d.]+)"[^>]*>([^<]*)</g)].map(
      ([, x, text]) => [x, text],
    )
    expect(texts).toEqual([
      ['16', 'ab'],
      ['32.8', 'cd'],
    ])
  })
})

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrast(a, b) {
  const luminance = (color) => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(color.slice(at, at + 2), 16) / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

it.each(Object.entries(schemes))('is readable in the %s scheme', (_, { text, background, palette }) => {
  for (const color of [text, ...palette]) expect(contrast(color, background), color).toBeGreaterThan(4.5)
})
