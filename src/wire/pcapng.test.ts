import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat } from './bytes.ts'
import { type Capture, enhancedPacket, interfaceDescription, readPcapng, sectionHeader } from './pcapng.ts'
import { captured } from './testing/captured.ts'

const write = ({ interfaces, packets }: Capture): Uint8Array =>
  concat(sectionHeader('test'), ...interfaces.map(interfaceDescription), ...packets.map(enhancedPacket))

const sample: Capture = {
  interfaces: [
    { name: 'west/ar1 isp1', snapLength: 128 },
    { name: 'west/host1 vm0', description: 'ein Anschluß', snapLength: 96 },
  ],
  packets: [
    {
      interface: 1,
      time: 1_700_000_000_123_456_789n,
      frame: captured.udp4.slice(0, 41),
      length: captured.udp4.length,
      direction: 'out',
      comment: 'deny hypervisor default/deny network.yaml:12:7',
    },
    { interface: 0, time: 0n, frame: captured.udp4, length: captured.udp4.length },
  ],
}

describe('pcapng', () => {
  it('section header: magic numbers, version, unknown length, whole words', () => {
    const bytes = sectionHeader('glacis')
    const hex = Buffer.from(bytes).toString('hex')
    expect(hex).toBe(
      '0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff 0400 0600 676c61636973 0000 0000 0000 2c000000'.replaceAll(
        ' ',
        '',
      ),
    )
  })

  it('round trip', () => {
    expect(readPcapng(write(sample))).toEqual(sample)
    const text = fc.string({ maxLength: 50, unit: 'grapheme' })
    const packet = fc.record(
      {
        interface: fc.nat(3),
        time: fc.bigInt(0n, (1n << 64n) - 1n),
        frame: fc.uint8Array({ maxLength: 80 }),
        length: fc.nat(70_000),
        direction: fc.constantFrom('in' as const, 'out' as const),
        comment: text,
      },
      { requiredKeys: ['interface', 'time', 'frame', 'length'] },
    )
    fc.assert(
      fc.property(fc.array(packet), (packets) => {
        const capture = { interfaces: [{ name: 'a', snapLength: 128 }], packets }
        expect(readPcapng(write(capture))).toEqual(capture)
      }),
    )
  })

  it('a comment that is too long is cut between two characters', () => {
    const comment = 'ß'.repeat(40_000)
    const [packet] = sample.packets
    const [read] = readPcapng(write({ interfaces: [], packets: [{ ...packet!, comment }] })).packets
    expect(comment.startsWith(read?.comment as string)).toBe(true)
    expect(Buffer.byteLength(read?.comment as string)).toBe(65_532)
  })

  it('a file that is still being written ends before the block that is not whole', () => {
    const file = write(sample)
    expect(readPcapng(file.subarray(0, file.length - 1)).packets).toHaveLength(1)
  })

  it('what is no capture is refused, and mutated captures are read or refused', () => {
    expect(() => readPcapng(new Uint8Array(40))).toThrow('editcap')
    const file = write(sample)
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), (at, value) => {
        const mutated = file.slice()
        mutated[at] = value
        try {
          readPcapng(mutated)
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError)
        }
      }),
    )
  })

  it.skipIf(!installed())(
    'tshark reads interfaces, directions, times and comments (skipped where it is not installed)',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'glacis-pcapng-'))
      try {
        const file = join(folder, 'x.pcapng')
        writeFileSync(file, write(sample))
        const fields = [
          'frame.interface_name',
          'frame.time_epoch',
          'frame.len',
          'frame.cap_len',
          'frame.packet_flags_direction',
          'frame.comment',
          'udp.dstport',
        ]
        const args = [
          '-r',
          file,
          '-T',
          'fields',
          '-E',
          'separator=|',
          ...fields.flatMap((field) => ['-e', field]),
        ]
        const lines = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
          .trim()
          .split('\n')
        expect(lines[0]).toMatch(
          /^west\/host1 vm0\|1700000000\.123456789\|\d+\|41\|(2|0x0*2)\|deny hypervisor default\/deny network\.yaml:12:7\|/,
        )
        expect(lines[1]).toMatch(/^west\/ar1 isp1\|0\.000000000\|/)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  )
})

function installed(): boolean {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
