import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat } from './bytes.ts'
import { summarize } from './summarize.ts'
import { arbitraryBytes } from './testing/arbitrary.ts'
import { captured } from './testing/captured.ts'

const quoted4 = '(quotes udp 192.0.2.1.40000 > 192.0.2.2.9)'
const quoted6 = '(quotes udp 2001:db8::1.40000 > 2001:db8::2.9)'
const expected: Record<keyof typeof captured, string> = {
  arpRequest: 'ARP, Request who-has 192.0.2.2 tell 192.0.2.1',
  arpReply: 'ARP, Reply 192.0.2.2 is-at 02:00:00:00:00:02',
  udp4: 'IP 192.0.2.1.40000 > 192.0.2.2.9: UDP, length 5',
  udp6: 'IP6 2001:db8::1.40000 > 2001:db8::2.9: UDP, length 5',
  portUnreachable4: `IP 192.0.2.2 > 192.0.2.1: ICMP unreachable, code 3 ${quoted4}, length 41`,
  portUnreachable6: `IP6 2001:db8::2 > 2001:db8::1: ICMP6 unreachable, code 4 ${quoted6}, length 61`,
  syn4: 'IP 192.0.2.1.40001 > 192.0.2.2.443: Flags [S], length 0',
  reset4: 'IP 192.0.2.2.443 > 192.0.2.1.40001: Flags [R.], length 0',
  syn6: 'IP6 2001:db8::1.40001 > 2001:db8::2.443: Flags [S], length 0',
  reset6: 'IP6 2001:db8::2.443 > 2001:db8::1.40001: Flags [R.], length 0',
  echoRequest4: 'IP 192.0.2.1 > 192.0.2.2: ICMP echo request, id 13156, seq 1, length 12',
  echoReply4: 'IP 192.0.2.2 > 192.0.2.1: ICMP echo reply, id 13156, seq 1, length 12',
  echoRequest6: 'IP6 2001:db8::1 > 2001:db8::2: ICMP6 echo request, id 15016, seq 1, length 12',
  echoReply6: 'IP6 2001:db8::2 > 2001:db8::1: ICMP6 echo reply, id 15016, seq 1, length 12',
  neighbourSolicitation:
    'IP6 2001:db8::1 > ff02::1:ff00:2: ICMP6 neighbour solicitation, who has 2001:db8::2, length 32',
  neighbourAdvertisement:
    'IP6 2001:db8::2 > 2001:db8::1: ICMP6 neighbour advertisement, 2001:db8::2 is at 02:00:00:00:00:02, length 32',
  listenerReport: 'IP6 fe80::ff:fe00:1 > ff02::16: extension header 0, length 36',
}

describe('summarize', () => {
  it.each(Object.keys(captured) as Array<keyof typeof captured>)('%s', (name) => {
    expect(summarize(captured[name])).toBe(expected[name])
  })
  it('what is odd', () => {
    const tagged = concat(
      captured.udp4.subarray(0, 12),
      Uint8Array.of(0x81, 0, 0, 42),
      captured.udp4.subarray(12),
    )
    expect(summarize(tagged)).toBe(`vlan 42, ${expected.udp4}`)
    const fragment = captured.udp4.slice()
    fragment.set([0x20, 0x02], 20)
    expect(summarize(fragment)).toBe('IP 192.0.2.1 > 192.0.2.2: udp fragment 16:13+')
    expect(summarize(captured.udp4.subarray(0, 30))).toBe('IP, malformed, length 16')
    expect(summarize(captured.udp4.subarray(0, 3))).toBe('Ethernet, malformed, length 3')
  })
  it('never throws and is one line, whatever the bytes', () => {
    fc.assert(
      fc.property(arbitraryBytes(), (bytes) => void expect(summarize(bytes)).toMatch(/^.+$/)),
      { numRuns: 2000 },
    )
  })
})
