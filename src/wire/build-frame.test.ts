import { describe, expect, it } from 'vitest'
import { ip } from '../net/index.ts'
import { buildFrame, buildPacket } from './build-frame.ts'
import { captured } from './testing/captured.ts'
import { text } from './testing/sample.ts'

const four = { source: ip('192.0.2.1'), destination: ip('192.0.2.2') }
const six = { source: ip('2001:db8::1'), destination: ip('2001:db8::2') }

describe('build frame', () => {
  it('builds what the kernel sent', () => {
    const udp = { sourcePort: 40000, destinationPort: 9 }
    const payload = text('hello')
    expect(buildFrame({ ip: { ...four, identification: 0x4ccb }, udp, payload })).toEqual(captured.udp4)
    const icmp = { kind: 'echo-request', identifier: 0x3364, sequence: 1, data: text('ping') } as const
    expect(buildFrame({ ip: { ...four, identification: 0xec7b }, icmp })).toEqual(captured.echoRequest4)
  })
  it('chooses the version by the addresses', () => {
    expect(buildPacket({ ip: six, tcp: { sourcePort: 1, destinationPort: 2 } })[0]! >>> 4).toBe(6)
    expect(buildPacket({ ip: four, tcp: { sourcePort: 1, destinationPort: 2 } })[0]! >>> 4).toBe(4)
  })
  it('refuses contradictions', () => {
    const udp = { sourcePort: 1, destinationPort: 2 }
    expect(() => buildFrame({ ip: four })).toThrow('0 transports; give one of')
    expect(() => buildFrame({ ip: four, udp, tcp: udp })).toThrow('2 transports')
    expect(() => buildFrame({ ip: { ...four, protocol: 17 }, udp })).toThrow('2 transports')
    expect(() => buildFrame({ ip: { ...four, destination: six.source }, udp })).toThrow('differ in family')
    const icmp = { kind: 'unreachable', code: 0, quoted: new Uint8Array(28) } as const
    expect(() => buildFrame({ ip: four, icmp, payload: text('x') })).toThrow('put it into the message')
  })
})
