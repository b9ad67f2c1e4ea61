import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ip } from '../net/index.ts'
import * as ethernet from './ethernet.ts'
import { frameOf } from './frame-of.ts'
import type { IpHeaders } from './headers.ts'
import * as icmp from './icmp.ts'
import * as icmp6 from './icmp6.ts'
import * as ipv4 from './ipv4.ts'
import * as ipv6 from './ipv6.ts'
import * as tcp from './tcp.ts'
import { arbitraryHeaders } from './testing/arbitrary.ts'
import * as udp from './udp.ts'

function checksumsHold(frame: Uint8Array): boolean {
  const packet = ethernet.check(frame)!.payload
  const four = ipv4.check(packet)
  const view = four ?? ipv6.check(packet)!
  if (four && !four.checksumHolds) return false
  switch (four ? four.protocol : (view as ipv6.View).nextHeader) {
    case 6:
      return tcp.check(view.payload)!.checksumHolds(view)
    case 17:
      return udp.check(view.payload)!.checksumHolds(view)
    case 1:
      return icmp.checksumHolds(icmp.check(view.payload)!)
    case 58:
      return icmp6.checksumHolds(icmp6.check(view.payload)!, view)
    default:
      return true
  }
}

it('frames have right checksums', () => {
  fc.assert(
    fc.property(arbitraryHeaders(), (headers) => void expect(checksumsHold(frameOf(headers))).toBe(true)),
  )
})

it('headers that no frame means are refused', () => {
  const flow = {
    source: ip('2001:db8::1'),
    destination: ip('2001:db8::2'),
    sourcePort: 0,
    destinationPort: 0,
  }
  const headers: IpHeaders = {
    kind: 'ip',
    family: 6,
    ...flow,
    protocol: 44,
    hopLimit: 64,
    tcpFlags: 0,
    icmpType: 0,
    icmpCode: 0,
  }
  expect(() => frameOf(headers)).toThrow('protocol 44 over IPv6 is fragment')
  expect(() => frameOf({ ...headers, protocol: 1 })).toThrow('protocol 1 over IPv6 is malformed')
})
