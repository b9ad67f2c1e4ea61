/** Odd DNS packets that others collected (dns-fuzz of the shared test data), given to our name server. */
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { answer, emitMessage, parseMessage, Zone } from '../../src/dns/index.ts'
import { exampleEntries } from '../../src/dns/testing/example-zone.ts'

const file = new URL('../../../shared/data/dns-fuzz/packets.tsv.gz', import.meta.url)
const absent = existsSync(file) ? '' : ' (skipped: ../shared/data/dns-fuzz/packets.tsv.gz is absent)'

describe.skipIf(absent)(`collected DNS packets${absent}`, () => {
  const packets = absent ? [] : readPackets()
  const apex = (labels: string[]) => Zone(labels, [{ ...exampleEntries[0]!, name: labels }])
  const zones = [apex(['example']), apex([]), apex(['zone000081', 'example'])]

  it('are there', () => expect(packets.length).toBeGreaterThan(1400))

  it('get an answer that is right in form, or none', () => {
    for (const [packet, bytes] of packets)
      for (const zone of zones)
        for (const transport of ['udp', 'tcp'] as const) {
          const reply = answer(zone, bytes, transport)
          const isQuery = bytes.length >= 12 && (bytes[2]! & 0x80) === 0
          expect(reply !== undefined, packet).toBe(isQuery)
          if (!reply) continue
          const message = parseMessage(reply)
          expect(message?.header, packet).toMatchObject({ response: true, id: (bytes[0]! << 8) | bytes[1]! })
          expect(reply.length, packet).toBeLessThanOrEqual(transport === 'udp' ? 1232 : 65535)
        }
  })

  it('that are messages can be written and read again', () => {
    const messages = packets.flatMap(([packet, bytes]) => {
      const message = parseMessage(bytes)
      return message ? [[packet, message] as const] : []
    })
    expect(messages.length).toBeGreaterThan(packets.length / 2)
    for (const [packet, message] of messages) {
      const again = parseMessage(emitMessage(message))
      expect(again?.header, packet).toEqual(message.header)
      expect(again?.answers.length, packet).toBe(message.answers.length)
      expect(again?.edns, packet).toEqual(message.edns)
    }
  })
})

function readPackets(): Array<readonly [name: string, bytes: Uint8Array]> {
  const lines = gunzipSync(readFileSync(file)).toString().split('\n').filter(Boolean)
  return lines.map((line) => {
    const [name = '', hex = ''] = line.split('\t')
    return [name, Uint8Array.from(Buffer.from(hex, 'hex'))] as const
  })
}
