import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import { address, count, family, labName, port, positive } from './argument.ts'

test.each([
  ['a port', port, '0', 0],
  ['the last port', port, '65535', 65_535],
  ['a count', count, '1000', 1000],
  ['a count from 1', positive, '1', 1],
  ['a family', family, '6', 6],
  ['a name', labName, 'two-sites.v2', 'two-sites.v2'],
  ['an address', address, '2001:db8::1', '2001:db8::1'],
] as const)('%s is read', (_, read, text, value) => {
  expect(read(text)).toBe(value)
})

test.each([
  ['a port', port, '65536'],
  ['a port', port, '-1'],
  ['a port', port, '1e3'],
  ['a port', port, ''],
  ['a port', port, ' 80'],
  ['a count', count, '0x10'],
  ['a count', count, '1.5'],
  ['a count from 1', positive, '0'],
  ['a count from 1', positive, '-1'],
  ['a family', family, '5'],
  ['a name', labName, '../up'],
  ['a name', labName, ''],
  ['a name', labName, '-x'],
  ['an address', address, '10.0.0'],
] as const)("%s is not '%s'", (_, read, text) => {
  expect(() => read(text)).toThrow(InvalidArgumentError)
})
