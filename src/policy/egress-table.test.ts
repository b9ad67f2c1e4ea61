import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ip, PortRange } from '../net/index.ts'
import { EgressTable, egressAttempts, egressCandidates } from './egress-table.ts'
import { flow } from './testing/sample.ts'

const address = ip('198.51.100.9')
const range = fc
  .tuple(fc.nat(65535), fc.nat(65535))
  .map(([a, b]) => PortRange(Math.min(a, b), Math.max(a, b)))
const connection = (port: number, remote = '192.0.2.1 443') => flow('tcp', `10.0.0.1 ${port}`, remote)

describe('candidates', () => {
  it('are ports of the range, the same each time', () => {
    fc.assert(
      fc.property(range, fc.nat(65535), (ports, port) => {
        const candidates = egressCandidates(connection(port), ports)
        expect(candidates).toHaveLength(egressAttempts)
        for (const candidate of candidates) {
          expect(candidate).toBeGreaterThanOrEqual(ports.first)
          expect(candidate).toBeLessThanOrEqual(ports.last)
        }
        expect(egressCandidates(connection(port), ports)).toEqual(candidates)
      }),
    )
  })

  it('are all different in a range of any useful size', () => {
    for (const last of [1031, 1100, 2048, 9000, 65535])
      for (let port = 0; port < 50; port++)
        expect(new Set(egressCandidates(connection(port), PortRange(1024, last))).size).toBe(egressAttempts)
  })

  it('spread over the range', () => {
    const first = Array.from(
      { length: 2000 },
      (_, n) => egressCandidates(connection(n), PortRange(1024, 65535))[0]!,
    )
    const tenths = new Array<number>(10).fill(0)
    for (const port of first) tenths[Math.floor(((port - 1024) * 10) / 64512)]!++
    for (const count of tenths) expect(count).toBeGreaterThan(140)
  })
})

describe('table', () => {
  it('lends one port to a connection, and knows whose it is', () => {
    const table = new EgressTable()
    const ports = PortRange(1024, 65535)
    const [one, two] = [connection(1), connection(2)]
    expect(table.port(one)).toBeUndefined()
    const port = table.assign(one, address, ports)!
    expect(table.assign(one, address, ports)).toBe(port)
    expect(table.port(one)).toBe(port)
    expect(table.assign(two, address, ports)).not.toBe(port)
    expect(table.owner(6, one.destination, 443, address, port)).toEqual(one)
    for (const [protocol, remotePort, lent] of [
      [17, 443, port],
      [6, 444, port],
      [6, 443, port + 1],
    ] as const)
      expect(table.owner(protocol, one.destination, remotePort, address, lent)).toBeUndefined()
    expect(table.owner(6, one.destination, 443, ip('198.51.100.8'), port)).toBeUndefined()
  })

  it('lends the same port again for another remote end', () => {
    const table = new EgressTable()
    const only = PortRange(5000)
    expect(table.assign(connection(1), address, only)).toBe(5000)
    expect(table.assign(connection(1, '192.0.2.1 444'), address, only)).toBe(5000)
    expect(table.assign(connection(1, '192.0.2.2 443'), address, only)).toBe(5000)
    expect(table.assign(connection(2), address, only)).toBeUndefined()
    expect(table.assign(connection(1), address, only)).toBe(5000)
  })

  it('never lends a port to two connections of one remote end', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(65535), { maxLength: 40 }), (sources) => {
        const table = new EgressTable()
        const lent = new Map<number, number>()
        for (const source of sources) {
          const port = table.assign(connection(source), address, PortRange(7000, 7019))
          if (port === undefined) continue
          expect(lent.get(port) ?? source).toBe(source)
          lent.set(port, source)
        }
      }),
    )
  })
})
