import { expect, it } from 'vitest'
import { Protocol } from '../net/index.ts'
import { flow } from '../policy/testing/sample.ts'
import { parseFlow } from './flow-text.ts'
import { endsText } from './render/packet.ts'

it.each([
  ['tcp 10.0.0.1:443 -> 192.0.2.1:40000', flow('tcp', '10.0.0.1 443', '192.0.2.1 40000')],
  [' udp [2001:db8::1]:53→[2001:db8::2]:5 ', flow('udp', '2001:db8::1 53', '2001:db8::2 5')],
  ['icmp 10.0.0.1 -> 10.0.0.2', flow(Protocol.icmp, '10.0.0.1', '10.0.0.2')],
  ['icmp 10.0.0.1:0 -> 10.0.0.2', flow(Protocol.icmp, '10.0.0.1', '10.0.0.2')],
  ['icmp6 [fd00::2]:0 -> fd00::3', flow(Protocol.icmp6, 'fd00::2', 'fd00::3')],
  ['icmp6 [fd00::2:7] -> fd00::', flow(Protocol.icmp6, 'fd00::2:7', 'fd00::')],
])('%s is a flow, and is shown so', (text, ends) => {
  expect(parseFlow(text)).toEqual(ends)
  expect(parseFlow(endsText(ends))).toEqual(ends)
})

it.each([
  ['tcp 10.0.0.1 -> 192.0.2.1:40000', "'10.0.0.1' is no end of it. Write ADDRESS:PORT"],
  ['tcp 10.0.0.1:443 192.0.2.1:40000', "Give 'answer', or a protocol and two ends"],
  ['tcp 10.0.0.1:443 -> [2001:db8::2]:5', 'of two families'],
  ['tcp 10.0.0.1:65536 -> 192.0.2.1:1', 'no port from 0 to 65535'],
  ['tcp fd00::2:80 -> [fd00::3]:90', 'Write [ADDRESS]:PORT'],
  ['icmp6 fd00::2:0 -> fd00::3', 'Write [fd00::2:0] or [fd00::2].'],
  ['icmp 10.0.0.1:7 -> 10.0.0.2', 'the protocol has none'],
  ['icmp web -> 10.0.0.2', "'web' is no address"],
  ['xyz 10.0.0.1:1 -> 192.0.2.1:1', "'xyz' is no protocol"],
  ['', "Give 'answer'"],
])("'%s' is none, and it is said why", (text, why) => {
  expect(parseFlow(text)).toEqual(expect.stringContaining(why))
})

it('an address that could be read as one with port 0 is shown as it is written, and may stand in brackets', () => {
  const ends = flow(Protocol.icmp6, 'fd00::2:0', 'fd00::3')
  expect(parseFlow('icmp6 [fd00::2:0] -> fd00::3')).toEqual(ends)
})
