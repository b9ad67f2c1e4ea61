import { expect, test } from 'vitest'
import { type Ip, parseIp } from '../../net/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import { packetJson, packetText } from './packet.ts'

const packet = (source: string, destination: string, rest: Partial<IpHeaders>): IpHeaders => ({
  kind: 'ip',
  family: source.includes(':') ? 6 : 4,
  source: parseIp(source) as Ip,
  destination: parseIp(destination) as Ip,
  protocol: 6,
  hopLimit: 64,
  sourcePort: 40_000,
  destinationPort: 443,
  tcpFlags: 0x02,
  icmpType: 0,
  icmpCode: 0,
  ...rest,
})
const four = (rest: Partial<IpHeaders>) => packet('192.0.2.1', '198.51.100.2', rest)
const six = (rest: Partial<IpHeaders>) => packet('2001:db8::1', '2001:db8::2', rest)

test.each<[text: string, packet: IpHeaders]>([
  ['tcp 192.0.2.1:40000 → 198.51.100.2:443', four({})],
  ['tcp 192.0.2.1:40000 → 198.51.100.2:443 reset', four({ tcpFlags: 0x14 })],
  ['udp [2001:db8::1]:40000 → [2001:db8::2]:443', six({ protocol: 17 })],
  ['icmp 192.0.2.1 → 198.51.100.2 echo request', four({ protocol: 1, icmpType: 8 })],
  ['icmp 192.0.2.1 → 198.51.100.2 echo reply', four({ protocol: 1, icmpType: 0 })],
  ['icmp6 2001:db8::1 → 2001:db8::2 echo request', six({ protocol: 58, icmpType: 128 })],
  ['icmp6 2001:db8::1 → 2001:db8::2 echo reply', six({ protocol: 58, icmpType: 129 })],
])('%s', (text, shown) => {
  expect(packetText(shown)).toBe(text)
})

test('JSON has addresses as text', () => {
  expect(packetJson(six({}))).toEqual({
    family: 6,
    protocol: 'tcp',
    source: '2001:db8::1',
    destination: '2001:db8::2',
    sourcePort: 40_000,
    destinationPort: 443,
    hopLimit: 64,
  })
})
