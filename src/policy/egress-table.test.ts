/** Ports that a balancer lends: whose they are, how long, and who gives way when there are no more. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Ip, ip, PortRange } from '../net/index.ts'
import { EgressTable, egressAttempts, egressCandidates, portBlock } from './egress-table.ts'
import { flow, packet, reversed, rule } from './testing/sample.ts'
import type { Lending } from './translation.ts'

const address = ip('198.51.100.9')
const [vm, neighbour] = [ip('10.0.0.1'), ip('10.0.0.2')]
const lending = (more: Partial<Lending> = {}): Lending => ({
  address,
  ports: PortRange(1024, 65535),
  borrowers: [vm, neighbour],
  quota: 64,
  full: rule('full', 'deny'),
  ...more,
})

const [syn, synAck, ack, fin, rst] = [0x02, 0x12, 0x10, 0x11, 0x14] as const
const range = fc
  .tuple(fc.nat(65535), fc.nat(65535))
  .map(([a, b]) => PortRange(Math.min(a, b), Math.max(a, b)))
const connection = (port: number, remote = '192.0.2.1 443', from = '10.0.0.1') =>
  flow('tcp', `${from} ${port}`, remote)
type Ends = ReturnType<typeof connection>
const second = 1_000_000_000n

/** A table that lends, driven by packets. */
function table(lent: Lending = lending()) {
  const held = new EgressTable()
  const out = (ends: Ends, tcpFlags: number = syn, now = 0n) =>
    held.send(lent, packet(ends, { tcpFlags }), now)
  const back = (ends: Ends, port: number, tcpFlags: number = synAck, now = 0n) => {
    const reply = packet({ ...reversed(ends), destination: address, destinationPort: port }, { tcpFlags })
    const owner = held.owner(reply, address, port, now)
    return owner && held.answer(owner, reply, now) ? owner : undefined
  }
  /** Opens a connection in which both sides have heard each other; its port, if it got one. */
  const establish = (ends: Ends, now = 0n): number | undefined => {
    const port = out(ends, syn, now)
    if (typeof port !== 'number') return undefined
    expect(back(ends, port, synAck, now)).toEqual(ends)
    expect(out(ends, ack, now)).toBe(port)
    expect(back(ends, port, ack, now)).toEqual(ends)
    return port
  }
  return { held, out, back, establish }
}

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
    for (const last of [1023 + 63, 1100, 2048, 9000, 65535])
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

describe('blocks', () => {
  const vms = (count: number): Ip[] =>
    Array.from({ length: count }, (_, n) => ip(`10.0.${n >> 8}.${n & 255}`))

  it('of two VMs share no port', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1500 }), (count) => {
        const all = lending({ borrowers: vms(count) })
        const blocks = all.borrowers.map((_, index) => portBlock(all, index))
        for (const [index, { first, last }] of blocks.entries()) {
          expect(first).toBe(index === 0 ? 1024 : blocks[index - 1]!.last + 1)
          expect(last).toBeLessThanOrEqual(65535)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('are of 63 ports where there are a thousand VMs, and stay what they are when a few come', () => {
    const of = (count: number) => portBlock(lending({ borrowers: vms(count) }), 7)
    expect(of(1000)).toEqual(PortRange(1024 + 7 * 63, 1024 + 8 * 63 - 1))
    expect(of(1024)).toEqual(of(1000))
  })

  it('are shared where there are more VMs than ports', () => {
    const of = (index: number) => portBlock({ ports: PortRange(5000, 5001), borrowers: vms(5) }, index)
    expect([0, 1, 2, 3, 4].map((index) => of(index).first)).toEqual([5000, 5001, 5000, 5001, 5000])
  })
})

describe('a connection', () => {
  it('has one port, in the block of its VM, by which replies find it', () => {
    const { held, out } = table()
    const [one, other] = [connection(1), connection(1, '192.0.2.1 443', '10.0.0.2')]
    const port = out(one) as number
    expect(out(one)).toBe(port)
    expect(port).toBeLessThanOrEqual(portBlock(lending(), 0).last)
    expect(out(other)).toBeGreaterThanOrEqual(portBlock(lending(), 1).first)
    const reply = { protocol: 6, source: one.destination, sourcePort: 443 }
    expect(held.owner(reply, address, port, 0n)).toEqual(one)
    for (const different of [{ protocol: 17 }, { sourcePort: 444 }, { source: ip('192.0.2.2') }])
      expect(held.owner({ ...reply, ...different }, address, port, 0n)).toBeUndefined()
    expect(held.owner(reply, address, port + 1, 0n)).toBeUndefined()
    expect(held.owner(reply, ip('198.51.100.8'), port, 0n)).toBeUndefined()
  })

  it('is opened by SYN alone, by a machine that borrows', () => {
    for (const flags of [synAck, ack, fin, rst, 0]) expect(table().out(connection(1), flags)).toBeUndefined()
    expect(table().out(connection(1, '192.0.2.1 443', '10.0.0.3'))).toBeUndefined()
  })

  it.each([
    ['that nobody answers', [], 30n],
    ['that was answered', ['back'], 30n],
    ['that was answered and acknowledged', ['back', 'out'], 900n],
    ['that both ends have closed', ['back', 'out', 'fin', 'fin back'], 60n],
    ['that was reset', ['back', 'out', 'reset back'], 10n],
    ['that was reset and goes on', ['back', 'out', 'reset back', 'out'], 900n],
  ] as const)('%s lives so long', (_, packets, seconds) => {
    const { held, out, back } = table()
    const ends = connection(1)
    const port = out(ends) as number
    for (const step of packets) {
      if (step === 'back') expect(back(ends, port)).toEqual(ends)
      if (step === 'out') expect(out(ends, ack)).toBe(port)
      if (step === 'fin') expect(out(ends, fin)).toBe(port)
      if (step === 'fin back') expect(back(ends, port, fin)).toEqual(ends)
      if (step === 'reset back') expect(back(ends, port, rst)).toEqual(ends)
    }
    expect(held.port(ends, seconds * second - 1n)).toBe(port)
    expect(held.port(ends, seconds * second)).toBeUndefined()
    expect(back(ends, port, ack, seconds * second)).toBeUndefined()
  })

  it('of UDP lives 30 seconds until it is answered, then 120', () => {
    const { held, out, back } = table()
    const ends = flow('udp', '10.0.0.1 5000', '192.0.2.1 53')
    const port = out(ends) as number
    expect(held.port(ends, 30n * second)).toBeUndefined()
    expect(back(ends, port)).toEqual(ends)
    expect(held.port(ends, 120n * second - 1n)).toBe(port)
    expect(out(ends)).toBe(port)
    expect(held.port(ends, 120n * second - 1n)).toBe(port)
    expect(held.port(ends, 120n * second)).toBeUndefined()
  })

  it('gets nothing that does not fit it', () => {
    const { out, back } = table()
    const ends = connection(1)
    const port = out(ends) as number
    expect(back(ends, port, syn)).toBeUndefined()
    expect(back(ends, port, fin)).toBeUndefined()
    expect(out(ends, ack)).toBeUndefined()
    expect(out(ends, 0)).toBeUndefined()
  })
})

describe('when there is no room', () => {
  it('one that nobody answered gives way, the oldest first', () => {
    const { held, out } = table(lending({ quota: 16 }))
    for (let port = 1; port <= 20; port++) expect(typeof out(connection(port))).toBe('number')
    expect(held.size).toBe(16)
    const known = Array.from({ length: 20 }, (_, n) => n + 1).filter(
      (port) => held.port(connection(port), 0n) !== undefined,
    )
    expect(known).toEqual(Array.from({ length: 16 }, (_, n) => n + 5))
  })

  it('a flood ends no living connection, and nothing of a neighbour', () => {
    const { held, out, establish } = table()
    const living = Array.from({ length: 40 }, (_, n) => connection(1000 + n))
    const theirs = Array.from({ length: 64 }, (_, n) => connection(1000 + n, '192.0.2.1 443', '10.0.0.2'))
    for (const ends of living) expect(establish(ends)).toBeDefined()
    for (const ends of theirs) expect(typeof out(ends)).toBe('number')
    for (let port = 2000; port < 2640; port++) out(connection(port))
    for (const ends of [...living, ...theirs]) expect(held.port(ends, 0n)).toBeDefined()
    expect(held.size).toBeLessThanOrEqual(128)
  })

  it('a new connection is refused where all slots hold living ones, until they are over', () => {
    const { held, out, establish } = table(lending({ quota: 16 }))
    for (let port = 1; port <= 16; port++) establish(connection(port))
    expect(out(connection(99))).toBe('full')
    expect(typeof out(connection(99, '192.0.2.1 443', '10.0.0.2'))).toBe('number')
    expect(typeof out(connection(99), syn, 900n * second)).toBe('number')
    expect(held.size).toBeLessThanOrEqual(17)
  })

  it('a VM uses up the ports of its block toward a remote end, and none of its neighbour', () => {
    const few = lending({ ports: PortRange(5000, 5007) })
    const { out, establish } = table(few)
    const ports = Array.from({ length: 40 }, (_, n) => establish(connection(n + 1))).filter(
      (port) => port !== undefined,
    )
    expect(new Set(ports)).toEqual(new Set([5000, 5001, 5002, 5003]))
    expect(ports).toHaveLength(4)
    expect(out(connection(99))).toBe('full')
    expect(out(connection(99, '192.0.2.1 444'))).toBeLessThan(5004)
    expect(out(connection(99, '192.0.2.1 443', '10.0.0.2'))).toBeGreaterThan(5003)
  })

  it('a port of a connection that nobody answered is taken only where no other is left', () => {
    const { held, out } = table(lending({ ports: PortRange(5000, 5007) }))
    const five = [1, 2, 3, 4, 5].map((port) => connection(port))
    for (const ends of five.slice(0, 4)) expect(typeof out(ends)).toBe('number')
    for (const ends of five.slice(0, 4)) expect(held.port(ends, 0n)).toBeDefined()
    expect(typeof out(five[4]!)).toBe('number')
    expect(five.filter((ends) => held.port(ends, 0n) !== undefined)).toHaveLength(4)
    expect(held.port(five[4]!, 0n)).toBeDefined()
  })

  it('a port is never of two living connections of one remote end', () => {
    const step = fc.record({ port: fc.nat(30), flags: fc.constantFrom<number>(syn, syn, ack, fin, rst) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { held, out, back } = table(lending({ ports: PortRange(7000, 7009), quota: 8 }))
        for (const [at, { port, flags }] of steps.entries()) {
          const now = BigInt(at) * second
          const lent = out(connection(port), flags, now)
          if (typeof lent === 'number' && at % 2)
            expect(back(connection(port), lent, synAck, now)).toEqual(connection(port))
          const ports = Array.from({ length: 31 }, (_, n) => held.port(connection(n), now)).filter(
            (known) => known !== undefined,
          )
          expect(new Set(ports).size).toBe(ports.length)
        }
      }),
    )
  })
})
