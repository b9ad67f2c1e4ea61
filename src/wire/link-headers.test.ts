import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ip, macBytes } from '../net/index.ts'
import * as arp from './arp.ts'
import { buildFrame } from './build-frame.ts'
import { concat } from './bytes.ts'
import * as ethernet from './ethernet.ts'
import * as icmp6 from './icmp6.ts'
import { discoveryForms, readFrame } from './link-headers.ts'
import * as ndp from './ndp.ts'
import { readHeaders } from './read-headers.ts'
import { arbitraryBytes } from './testing/arbitrary.ts'
import { captured } from './testing/captured.ts'

const mac = '02:00:00:00:00:01'
const other = '02:00:00:00:00:02'

/** A message of neighbour discovery from fe80::1 to fe80::2, with options. */
function discovery(type: number, ...options: readonly (readonly number[])[]): Uint8Array {
  const fixed = new Uint8Array((discoveryForms[type]?.options ?? 8) - 4)
  const body = concat(fixed, ...options.map((option) => Uint8Array.from(option)))
  return buildFrame({
    ethernet: { source: mac },
    ip: { source: ip('fe80::1'), destination: ip('fe80::2'), hopLimit: 255 },
    icmp: { kind: 'other', type, code: 0, body },
  })
}

const layer = (type: number, address: string) => [type, 1, ...macBytes(address)]
const nonce = [14, 1, 1, 2, 3, 4, 5, 6]

describe('a frame', () => {
  it('of any bytes: as readHeaders reads it, and from whom', () => {
    fc.assert(
      fc.property(arbitraryBytes(), (bytes) => {
        const { link, ...headers } = readFrame(bytes)
        expect(headers).toEqual(readHeaders(bytes))
        expect(link?.source).toEqual(ethernet.check(bytes)?.source)
      }),
    )
  })

  it('of ARP: what it says, if it is about IPv4 on Ethernet', () => {
    const said = {
      operation: arp.Operation.reply,
      senderMac: mac,
      senderIp: ip('10.0.0.1'),
      targetMac: other,
      targetIp: ip('10.0.0.2'),
    }
    const header = { source: mac, destination: other, etherType: ethernet.EtherType.arp }
    const frame = ethernet.emit(header, arp.emit(said))
    expect(readFrame(frame)).toEqual({
      kind: 'odd',
      reason: 'arp',
      link: { source: mac, length: 42, arp: said },
    })
    for (const at of [0, 1, 2, 3, 4, 5]) {
      const strange = frame.slice()
      strange[14 + at]! ^= 1
      expect(readFrame(strange).link).toEqual({ source: mac, length: 42 })
    }
  })

  it('as Linux sends it', () => {
    expect(readFrame(captured.neighbourSolicitation).link?.discovery).toMatchObject({
      type: icmp6.Type.neighbourSolicitation,
      target: ip('2001:db8::2'),
      claims: ['02:00:00:00:00:01'],
    })
    // Sent to an address that a router could forward to: for rules to judge.
    expect(readFrame(captured.neighbourAdvertisement)).toMatchObject({
      kind: 'ip',
      link: { source: '02:00:00:00:00:02' },
    })
  })
})

describe('options of neighbour discovery', () => {
  const { neighbourSolicitation, neighbourAdvertisement, routerSolicitation } = icmp6.Type
  it.each([
    ['none', neighbourSolicitation, [], []],
    ['the own address', neighbourSolicitation, [layer(1, mac)], [mac]],
    ['a nonce, as in detection of duplicates', neighbourSolicitation, [nonce], []],
    ['both', neighbourSolicitation, [nonce, layer(1, other)], [other]],
    ['two addresses', neighbourAdvertisement, [layer(2, mac), layer(2, other)], [mac, other]],
    ['of a router solicitation', routerSolicitation, [layer(1, mac)], [mac]],
    ['an address of the other kind', neighbourAdvertisement, [layer(1, mac)], undefined],
    ['an unknown type', neighbourSolicitation, [[5, 1, 0, 0, 0, 0, 5, 220]], undefined],
    ['length 0', neighbourSolicitation, [[1, 0, ...macBytes(mac)]], undefined],
    ['length 2', neighbourSolicitation, [[1, 2, ...macBytes(mac)], nonce], undefined],
    ['three', neighbourSolicitation, [nonce, nonce, layer(1, other)], undefined],
    ['a piece of one', neighbourSolicitation, [[1, 1, 2, 0]], undefined],
  ])('%s', (_, type, options, claims) => {
    const read = readFrame(discovery(type, ...options)).link?.discovery
    expect(read?.type).toBe(type)
    expect(read?.claims).toEqual(claims)
  })

  it('of router advertisements and redirects are not looked at', () => {
    for (const type of [icmp6.Type.routerAdvertisement, icmp6.Type.redirect])
      expect(readFrame(discovery(type, nonce)).link?.discovery).toEqual({ type, source: ip('fe80::1') })
  })

  it('are not there in a message that ends before its target does', () => {
    const short = discovery(neighbourSolicitation)
    const cut = short.subarray(0, short.length - ndp.field.options + 16)
    cut[19] = 16
    expect(readFrame(cut).link?.discovery).toEqual({ type: neighbourSolicitation, source: ip('fe80::1') })
  })
})
