/** Helpers on packets and checksums: the same on every engine. */
import { describe, expect, it } from 'vitest'
import type { Engine } from '../engine.ts'
import { ERRNO, XDP_MD } from '../kernel-abi.ts'
import { internetChecksum, pseudoHeader, runOnce, udpFrame } from './fixtures.ts'

/** Offsets in `udpFrame`. */
const IP_CHECKSUM = 24
const IP_DESTINATION = 30
const UDP_CHECKSUM = 40

export function describePackets(makeEngine: () => Engine): void {
  describe('XDP packet helpers', () => {
    it.each([
      ['adjust_head takes from the front', 'xdp_adjust_head', 4, 0],
      ['adjust_head makes room in front', 'xdp_adjust_head', -20, 0],
      ['adjust_head leaves an Ethernet header', 'xdp_adjust_head', 47, -ERRNO.EINVAL],
      ['adjust_head stops at the headroom', 'xdp_adjust_head', -300, -ERRNO.EINVAL],
      ['adjust_tail cuts', 'xdp_adjust_tail', -10, 0],
      ['adjust_tail grows', 'xdp_adjust_tail', 100, 0],
      ['adjust_tail leaves an Ethernet header', 'xdp_adjust_tail', -47, -ERRNO.EINVAL],
      ['adjust_tail stops at the end of the frame', 'xdp_adjust_tail', 4000, -ERRNO.EINVAL],
    ] as const)('%s', (_, helper, delta, status) => {
      const { verdict, packet } = runOnce(makeEngine(), (b) => b.exit(b.call(helper, b.context, delta)))
      expect(verdict).toBe(status)
      const grown = status !== 0 ? 0 : helper === 'xdp_adjust_head' ? -delta : delta
      expect(packet.length).toBe(60 + grown)
      const frame = udpFrame()
      if (helper === 'xdp_adjust_head' && grown !== 0)
        expect(packet.subarray(Math.max(grown, 0))).toEqual(frame.subarray(Math.max(-grown, 0)))
      if (helper === 'xdp_adjust_tail' && grown > 0)
        expect(packet.subarray(60)).toEqual(new Uint8Array(grown))
    })

    it('adjust_meta hands bytes to whoever comes next', () => {
      const { verdict } = runOnce(makeEngine(), (b) => {
        const none = b.label('none')
        b.jumpIf(b.ne(b.call('xdp_adjust_meta', b.context, -8), 0), none)
        const meta = b.load(4, b.context, XDP_MD.data_meta)
        const data = b.load(4, b.context, XDP_MD.data)
        b.jumpIf(b.gt(b.add(meta, 8), data), none)
        b.store(8, meta, 0, 77)
        b.exit(b.load(8, meta, 0))
        b.place(none)
        b.exit(0)
      })
      expect(verdict).toBe(77)
    })

    it('load_bytes and store_bytes copy within the packet only', () => {
      const engine = makeEngine()
      const copy = (from: number, to: number) =>
        runOnce(engine, (b) => {
          const buffer = b.stack(8)
          b.zero(buffer)
          const loaded = b.call('xdp_load_bytes', b.context, from, buffer, 6)
          b.if(b.ne(loaded, 0), () => b.exit(loaded))
          b.exit(b.call('xdp_store_bytes', b.context, to, buffer, 6))
        })
      expect(copy(0, 6).packet.subarray(6, 12)).toEqual(udpFrame().subarray(0, 6))
      expect([copy(0, 54).verdict, copy(55, 0).verdict, copy(0, 55).verdict]).toEqual([
        0,
        -ERRNO.EINVAL,
        -ERRNO.EINVAL,
      ])
    })

    it('get_buff_len tells the length', () => {
      const { verdict } = runOnce(makeEngine(), (b) => b.exit(b.call('xdp_get_buff_len', b.context)))
      expect(verdict).toBe(60)
    })
  })

  describe('tc packet helpers', () => {
    const type = 'sched_cls'

    it('store_bytes and load_bytes copy within the packet only', () => {
      const engine = makeEngine()
      const copy = (from: number, to: number) =>
        runOnce(
          engine,
          (b) => {
            const buffer = b.stack(8)
            b.zero(buffer)
            const loaded = b.call('skb_load_bytes', b.context, from, buffer, 6)
            b.if(b.ne(loaded, 0), () => b.exit(loaded))
            b.exit(b.call('skb_store_bytes', b.context, to, buffer, 6, 0))
          },
          { type },
        )
      expect(copy(0, 6).packet.subarray(6, 12)).toEqual(udpFrame().subarray(0, 6))
      expect([copy(54, 0).verdict, copy(55, 0).verdict, copy(0, 55).verdict]).toEqual([
        0,
        -ERRNO.EFAULT,
        -ERRNO.EFAULT,
      ])
    })

    it('pull_data wants no more than there is, and bounds are read again after it', () => {
      const engine = makeEngine()
      const pull = (bytes: number) =>
        runOnce(
          engine,
          (b) => {
            const short = b.label('short')
            const status = b.call('skb_pull_data', b.context, bytes)
            b.jumpIf(b.ne(status, 0), short)
            const packet = b.packet()
            b.requireBytes(packet, 14, short)
            b.exit(b.load(1, packet.data, 12))
            b.place(short)
            b.exit(status)
          },
          { type },
        ).verdict
      expect([pull(60), pull(61)]).toEqual([8, -ERRNO.ENOMEM])
    })

    it('change_tail cuts and grows', () => {
      const engine = makeEngine()
      const change = (length: number) =>
        runOnce(engine, (b) => b.exit(b.call('skb_change_tail', b.context, length, 0)), { type })
      expect([change(50).packet.length, change(80).packet.length]).toEqual([50, 80])
      expect(change(10).verdict).toBe(-ERRNO.EINVAL)
    })

    it('l3_csum_replace and l4_csum_replace keep checksums right', () => {
      const destination = 0x6302_000a
      const { verdict, packet } = runOnce(
        makeEngine(),
        (b) => {
          const failed = b.label('failed')
          const old = b.stack(4, 4)
          const fresh = b.stack(4, 4)
          b.store(4, fresh, 0, destination)
          const check = (status: ReturnType<typeof b.call>) => b.jumpIf(b.ne(status, 0), failed)
          check(b.call('skb_load_bytes', b.context, IP_DESTINATION, old, 4))
          const before = b.load(4, old, 0)
          check(b.call('l4_csum_replace', b.context, UDP_CHECKSUM, before, destination, 0x10 | 4))
          check(b.call('l3_csum_replace', b.context, IP_CHECKSUM, before, destination, 4))
          check(b.call('skb_store_bytes', b.context, IP_DESTINATION, fresh, 4, 0))
          b.exit(0)
          b.place(failed)
          b.exit(1)
        },
        { type },
      )
      expect(verdict).toBe(0)
      expect(Buffer.from(packet.subarray(30, 34)).toString('hex')).toBe('0a000263')
      expect(internetChecksum(packet.subarray(14, 34))).toBe(0)
      expect(internetChecksum(pseudoHeader(packet), packet.subarray(34))).toBe(0)
    })

    it.each<[string, number, number, number, number, number]>([
      ['a 16-bit field', UDP_CHECKSUM, 0x3500, 0x3600, 2, 0],
      ['a difference', UDP_CHECKSUM, 0, 0x1234, 0, 0],
      ['a difference with an old value', UDP_CHECKSUM, 1, 0x1234, 0, -ERRNO.EINVAL],
      ['a field of 3 bytes', UDP_CHECKSUM, 1, 2, 3, -ERRNO.EINVAL],
      ['an odd offset', UDP_CHECKSUM + 1, 1, 2, 2, -ERRNO.EFAULT],
      ['an offset outside', 60, 1, 2, 2, -ERRNO.EFAULT],
    ])('l4_csum_replace of %s', (_, offset, from, to, flags, status) => {
      const { verdict } = runOnce(
        makeEngine(),
        (b) => b.exit(b.call('l4_csum_replace', b.context, offset, from, to, flags)),
        { type },
      )
      expect(verdict).toBe(status)
    })

    it.each([
      ['l4_csum_replace', 0xffff, 0, 2, 0x0000],
      ['l4_csum_replace', 0xffff_ffff, 0, 4, 0x0000],
      ['l3_csum_replace', 0xffff, 0, 2, 0xffff],
    ] as const)(
      '%s from %i to %i of %i bytes keeps apart the two zeros of one’s complement',
      (helper, from, to, size, sum) => {
        const packet = udpFrame().fill(0xff, UDP_CHECKSUM, UDP_CHECKSUM + 2)
        const result = runOnce(
          makeEngine(),
          (b) => b.exit(b.call(helper, b.context, UDP_CHECKSUM, from, to, size)),
          {
            type,
            packet,
          },
        )
        expect((result.packet[UDP_CHECKSUM]! << 8) | result.packet[UDP_CHECKSUM + 1]!).toBe(sum)
      },
    )
  })

  describe('csum_diff', () => {
    const difference = (engine: Engine, from: readonly number[], to: readonly number[], seed: number) =>
      runOnce(engine, (b) => {
        const slot = (words: readonly number[]) => {
          const bytes = b.stack(8)
          for (const [i, word] of words.entries()) b.store(4, bytes, 4 * i, word)
          return bytes
        }
        const side = (words: readonly number[]) => (words.length === 0 ? 0 : slot(words))
        b.exit(b.call('csum_diff', side(from), 4 * from.length, side(to), 4 * to.length, seed))
      }).verdict

    it('is the difference of two sums, plus a seed, in one’s complement', () => {
      const engine = makeEngine()
      const modulo = (x: number) => ((x % 0xffff) + 0xffff) % 0xffff
      const cases: ReadonlyArray<readonly [readonly number[], readonly number[], number]> = [
        [[0x0100000a], [0x6302000a], 0],
        [[0xffffffff, 1], [0, 0x80000000], 0xfffe],
        [[], [0x12345678, 0x9abcdef0], 7],
        [[0x12345678], [], 0],
        [[5], [5], 0],
      ]
      for (const [from, to, seed] of cases) {
        const sum = (words: readonly number[]) => words.reduce((a, b) => a + b, 0)
        const result = difference(engine, from, to, seed) >>> 0
        expect(modulo(result)).toBe(modulo(sum(to) - sum(from) + seed))
      }
    })
  })
}
