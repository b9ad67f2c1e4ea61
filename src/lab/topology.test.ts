import { expect, test } from 'vitest'
import { smallNetwork } from './testing/small-network.ts'
import { requireSameTopology } from './topology.ts'

const small = smallNetwork()
const edited = (from: string, to: string) => smallNetwork((text) => text.replace(from, to))

test('other rules are the same machines and cables', () => {
  requireSameTopology(small, edited('port: 9000', 'port: 9002'))
})

test.each([
  [
    'a machine that is new',
    'hosts: 2',
    'hosts: 3',
    /lab\/host3 is new \(\S+:\d+:\d+\), and \d+ more such changes; take/,
  ],
  ['a machine that is gone', 'instances: 3', 'instances: 2', /lab\/shop-web-2 is gone \(\S+:\d+:\d+\)/],
  [
    'another IPv4 address',
    'hosts: [10.1.2.0/24',
    'hosts: [10.1.3.0/24',
    /lab\/host1 has changed: addresses 10\.1\.2\.\d+ \S+ → 10\.1\.3\.\d+ \S+ \(\S+:\d+:\d+\)/,
  ],
  [
    'another IPv6 address',
    'fd67:6c61:1:2::/64',
    'fd67:6c61:1:3::/64',
    /lab\/host1 has changed: addresses \S+ fd67:6c61:1:2::\S+ → \S+ fd67:6c61:1:3::\S+ \(\S+:\d+:\d+\)/,
  ],
])('%s is named with what was, what is to be, and where it is written', (_, from, to, message) => {
  expect(() => requireSameTopology(small, edited(from, to))).toThrow(message)
})
