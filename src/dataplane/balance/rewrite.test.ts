/** What a machine gets back in an ICMP error is, byte for byte, what it sent: checksums of the quoted packet included. */
import { describe, expect, it } from 'vitest'
import { InterpreterEngine } from '../../bpf/index.ts'
import { type Family, type Ip, icmpOf } from '../../net/index.ts'
import { buildFrame, type FrameSpec, readHeaders } from '../../wire/index.ts'
import { egress, families, lendingBalancer, remote, vms } from '../testing/lending-balancer.ts'

const ethernet = 14
const headerOf = { 4: 20, 6: 40 } as const
const payload = Uint8Array.of(1, 2, 3, 4, 5)

/** What a VM sends to the remote machine. */
const sent = (family: Family, rest: Partial<FrameSpec>): Uint8Array =>
  buildFrame({ ip: { source: vms.one[family], destination: remote[family] }, payload, ...rest } as FrameSpec)

/** That a router has no way for a packet, with as much of it as is said. */
function unreachable(family: Family, router: Ip, destination: Ip, quoted: Uint8Array): Uint8Array {
  const type = family === 4 ? 3 : 1
  const body = Uint8Array.of(0, 0, 0, 0, ...quoted)
  return buildFrame({ ip: { source: router, destination }, icmp: { kind: 'other', type, code: 0, body } })
}

describe.each(families)('an error about what a VM sent over IPv%i quotes it as it was', (family) => {
  const ports = { sourcePort: 5000, destinationPort: 443 }
  const echo = {
    kind: 'other',
    type: family === 4 ? 8 : 128,
    code: 0,
    body: Uint8Array.of(0x12, 0x34, 0, 1, ...payload),
  } as const

  it.each<[string, Partial<FrameSpec>, number | undefined]>([
    ['TCP', { tcp: { ...ports, flags: 0x02 } }, undefined],
    ['TCP, quoted up to its checksum', { tcp: { ...ports, flags: 0x02 } }, 18],
    ['TCP, quoted without its checksum', { tcp: { ...ports, flags: 0x02 } }, 16],
    ['TCP, of which eight bytes are quoted', { tcp: { ...ports, flags: 0x02 } }, 8],
    ['UDP', { udp: ports }, undefined],
    ['UDP, of which eight bytes are quoted', { udp: ports }, 8],
    ['echo', { icmp: echo, payload: undefined } as unknown as Partial<FrameSpec>, undefined],
  ])('%s', (_, rest, transport) => {
    const balancer = lendingBalancer(new InterpreterEngine({ clock: () => 1n }))
    const frame = sent(family, rest)
    const out = balancer.pass('inside', frame) as Uint8Array
    expect(readHeaders(out)).toMatchObject({ source: egress[family] })
    const end = transport === undefined ? frame.length : ethernet + headerOf[family] + transport
    const error = unreachable(family, remote[family], egress[family], out.subarray(ethernet, end))
    const back = balancer.pass('outside', error) as Uint8Array
    expect(readHeaders(back)).toMatchObject({ protocol: icmpOf(family), destination: vms.one[family] })
    const quoted = back.subarray(ethernet + headerOf[family] + 8)
    expect(Buffer.from(quoted).toString('hex')).toBe(
      Buffer.from(frame.subarray(ethernet, end)).toString('hex'),
    )
    // The error's own checksum is right: the same packet, built anew, is the same.
    const wanted = unreachable(family, remote[family], vms.one[family], frame.subarray(ethernet, end))
    expect(Buffer.from(back).toString('hex')).toBe(Buffer.from(wanted).toString('hex'))
  })

  it('UDP without a checksum stays without', () => {
    const balancer = lendingBalancer(new InterpreterEngine({ clock: () => 1n }))
    const frame = sent(family, { udp: ports })
    const at = ethernet + headerOf[family] + 6
    frame.fill(0, at, at + 2)
    const out = balancer.pass('inside', frame) as Uint8Array
    const error = unreachable(family, remote[family], egress[family], out.subarray(ethernet))
    const back = balancer.pass('outside', error) as Uint8Array
    expect([...back.subarray(ethernet + headerOf[family] + 8)]).toEqual([...frame.subarray(ethernet)])
  })
})
