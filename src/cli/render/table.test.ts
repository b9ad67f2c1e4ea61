import { expect, test } from 'vitest'
import { table, width } from './table.ts'

test('columns are two spaces apart, and no line ends with spaces', () => {
  expect(
    table(
      [
        ['a', 'bb', 'c'],
        ['dddd', '', ''],
      ],
      '> ',
    ),
  ).toBe('> a     bb  c\n> dddd')
})

test('rows of different lengths, and no rows', () => {
  expect(table([['a'], ['b', 'c']])).toBe('a\nb  c')
  expect(table([])).toBe('')
})

test('colours take no room', () => {
  const red = '\u001b[31mab\u001b[39m'
  expect(width(red)).toBe(2)
  expect(
    table([
      [red, 'x'],
      ['abc', 'y'],
    ]),
  ).toBe(`${red}   x\nabc  y`)
})
