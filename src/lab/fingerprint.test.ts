import { expect, test } from 'vitest'
import { derivePolicy } from '../policy/index.ts'
import { type Fingerprint, fingerprintOf } from './fingerprint.ts'
import { smallNetwork } from './testing/small-network.ts'

const of = (from = '', to = ''): Fingerprint => {
  const network = smallNetwork((text) => text.replace(from, to))
  return fingerprintOf(network, derivePolicy(network))
}
const small = of()

test.each([
  ['read again', '', ''],
  ['moved in its file', 'templates:', '# A remark.\n\ntemplates:'],
])('the same network %s has the same', (_, from, to) => {
  expect(of(from, to)).toEqual(small)
})

test.each([
  ['another port', 'port: 9000', 'port: 9002'],
  ['another protocol that is spoken', 'protocol: http, port: 80', 'protocol: tcp, port: 80'],
  ['audit mode', 'hosts: 2\n', 'hosts: 2\n    audit: [hypervisor/default]\n'],
  ['other names', 'zone: ', 'zone: other.'],
  ['shorter access', 'templates:', 'support: { longest: 1h }\ntemplates:'],
  ['other flow tables', 'hosts: 2\n', 'hosts: 2\n    flows-per-vm: 64\n'],
])('%s is another in its rules alone', (_, from, to) => {
  const { topology, rules } = of(from, to)
  expect(topology).toBe(small.topology)
  expect(rules).not.toBe(small.rules)
})

test.each([
  ['a host more', 'hosts: 2', 'hosts: 3'],
  ['other addresses', 'hosts: [10.1.2.0/24', 'hosts: [10.1.3.0/24'],
])('%s is another topology', (_, from, to) => {
  expect(of(from, to).topology).not.toBe(small.topology)
})
