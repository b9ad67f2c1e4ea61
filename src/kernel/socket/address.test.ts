import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ip, ip } from '../../net/index.ts'
import { decodeAddress, encodeAddress } from './address.ts'

describe('socket addresses', () => {
  it('have the bytes of struct sockaddr_in and sockaddr_in6', () => {
    expect([...encodeAddress({ address: ip('192.0.2.1'), port: 443 })]).toEqual([
      2, 0, 1, 187, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0,
    ])
    expect([...encodeAddress({ address: ip('fe80::1'), port: 53 }, 7)]).toEqual([
      10, 0, 0, 53, 0, 0, 0, 0, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0, 0,
    ])
  })

  it('come back as they went', () => {
    const address = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((value) => Ip(4, value)),
      fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((value) => Ip(6, value)),
    )
    fc.assert(
      fc.property(address, fc.nat(65535), (address, port) => {
        expect(decodeAddress(encodeAddress({ address, port }))).toEqual({ address, port })
      }),
    )
  })

  it('of other families are refused', () => {
    expect(() => decodeAddress(new Uint8Array(16))).toThrow('read socket address: family 0')
  })
})
