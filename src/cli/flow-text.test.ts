import { expect, it } from 'vitest'
import { Protocol } from '../net/index.ts'
import { flow } from '../policy/testing/sample.ts'
import { parseFlow } from './flow-text.ts'
import { endsText } from './render/packet.ts'

it.each([
  ['tcp 10.0.0.1:443 -> 192.0.2.1:40000', flow('tcp', '10.0.0.1 443', '192.0.2.1 40000')],
  [' udp [2001:db8::1]:53→[2001:db8::2]:5 ', flow('udp', '2001:db8::1 53', '2001:db8::2 5')],
  ['icmp 10.0.0.1 -> 10.0.0.2', flow(Protocol.icmp, '10.0.0.1', '10.0.0.2')],
])('%s is a flow, and is shown so', (text, ends) => {
  expect(parseFlow(text)).toEqual(ends)
  expect(parseFlow(endsText(ends))).toEqual(ends)
})

it.each([
  'tcp 10.0.0.1 -> 192.0.2.1:40000',
  'tcp 10.0.0.1:443 192.0.2.1:40000',
  'tcp 10.0.0.1:443 -> [2001:db8::2]:5',
  'tcp 10.0.0.1:65536 -> 192.0.2.1:1',
  'xyz 10.0.0.1:1 -> 192.0.2.1:1',
  '',
])("'%s' is none", (text) => expect(parseFlow(text)).toBeUndefined())
