import { expect, test } from 'vitest'
import { formatRate, parseRate } from './rate.ts'

test.each([
  ['10 Gbit/s', { bits: 1e10 }],
  ['2.5Gbps', { bits: 2.5e9 }],
  ['0 bit/s', { bits: 0 }],
  ['3 Mpps', { packets: 3e6 }],
  ['3000 packets/s', { packets: 3000 }],
  ['10 Gbit/s, 3 Mpps', { bits: 1e10, packets: 3e6 }],
  ['1000 Tbit/s', { bits: 1e15 }],
])('%s is a rate', (text, rate) => expect(parseRate(text)).toEqual(rate))

test.each([
  '',
  '10',
  '10 Gbit',
  '10 GB/s',
  '-1 Gbit/s',
  '1 Gbit/s, 2 Gbit/s',
  '1001 Tbit/s',
  '1e9 bit/s',
  ' 1 bit/s',
])("'%s' is none", (text) => expect(parseRate(text)).toBeUndefined())

test('what is written is read back, to three digits', () => {
  expect(formatRate(9_871_234_567, 'bits')).toBe('9.87 Gbit/s')
  expect(formatRate(999, 'bits')).toBe('999 bit/s')
  expect(formatRate(120_000, 'packets')).toBe('120 kpps')
  expect(parseRate(formatRate(42_000_000, 'packets'))).toEqual({ packets: 42e6 })
  expect(formatRate(0, 'bits')).toBe('0 bit/s')
})
