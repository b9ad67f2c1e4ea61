/** Ports lent by programs, also where another processor has been there meanwhile: its part is played by changing the maps. */
import { describe, expect, it } from 'vitest'
import { type BpfMap, InterpreterEngine } from '../../bpf/index.ts'
import { PortRange } from '../../net/index.ts'
import { type Connection, endOf, families, flags, lendingBalancer } from '../testing/lending-balancer.ts'
import { connectionValue, lentSlot, lentValue, runsFor } from './maps.ts'

const entriesOf = (map: BpfMap | undefined) => [...(map as BpfMap).entries()]

describe.each(families)('ports of the egress address, over IPv%i', (family) => {
  const engine = new InterpreterEngine({ clock: () => 1_000_000_000n })
  const connection = (port: number, vm: Connection['vm'] = 'one', remotePort = 443): Connection => ({
    vm,
    family,
    port,
    remotePort,
  })

  it('stay with a connection, and lead its replies back', () => {
    const { establish, send, answer } = lendingBalancer(engine)
    const [one, two] = [connection(5000), connection(5000, 'two')]
    const [first, second] = [establish(one), establish(two)] as [number, number]
    expect(first).not.toBe(second)
    expect(send(one, flags.push)).toBe(first)
    expect(answer(one, first, flags.push)).toEqual(endOf(one))
    expect(answer(two, second, flags.push)).toEqual(endOf(two))
  })

  it('that another processor gave to another connection are not used any more', () => {
    const { establish, send, answer, maps } = lendingBalancer(engine)
    const [victim, other] = [connection(5000), connection(5001)]
    const [port, theirs] = [establish(victim), establish(other)] as [number, number]
    const owners = maps[`owners${family}`] as BpfMap
    const portOf = (value: Uint8Array) => {
      const at = connectionValue(family).port
      return ((value[at] as number) << 8) + (value[at + 1] as number)
    }
    const of = (wanted: Connection) => entriesOf(owners).find(([, value]) => portOf(value) === wanted.port)!
    owners.update(of(victim)[0], of(other)[1])
    expect(send(victim, flags.push)).toBeUndefined()
    expect(answer(victim, port, flags.push)).toEqual(endOf(other))
    expect(send(other, flags.push)).toBe(theirs)
    const again = establish(victim)
    expect(again).toBeDefined()
    expect(answer(victim, again as number, flags.push)).toEqual(endOf(victim))
  })

  it('are lent again when the table of ports has forgotten a connection', () => {
    const { establish, send, answer, maps } = lendingBalancer(engine)
    const victim = connection(5000)
    const port = establish(victim) as number
    for (const [key] of entriesOf(maps[`owners${family}`])) maps[`owners${family}`]?.delete(key)
    expect(answer(victim, port, flags.push)).toBeUndefined()
    expect(send(victim, flags.push)).toBeUndefined()
    expect(establish(victim)).toBe(port)
  })

  it('are given back where all slots are locked', () => {
    const { send, counted, maps } = lendingBalancer(engine, { quota: 16 })
    const slots = maps[`egress_slots${family}`] as BpfMap
    for (const [key, value] of entriesOf(slots)) {
      new DataView(value.buffer, value.byteOffset).setUint32(lentSlot.lock, 1, true)
      slots.update(key, value)
    }
    expect(send(connection(5000), flags.syn)).toBeUndefined()
    expect(counted()['egress/full']).toBe(1n)
    expect(entriesOf(maps[`owners${family}`])).toEqual([])
    expect(entriesOf(maps[`egress${family}`])).toEqual([])
  })

  it('are those of the run and block of their VM, each slot unlocked behind', () => {
    const quota = 16
    const { establish, maps } = lendingBalancer(engine, { quota, ports: PortRange(5000, 5063) })
    for (let port = 1; port <= quota; port++) {
      const lent = establish(connection(port, 'two')) as number
      expect(lent).toBeGreaterThanOrEqual(5032)
      expect(lent).toBeLessThanOrEqual(5063)
    }
    const numbers = entriesOf(maps[`egress${family}`]).map(([, value]) =>
      new DataView(value.buffer, value.byteOffset).getUint32(lentValue.slot, true),
    )
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: quota }, (_, n) => quota + n))
    for (const [, value] of entriesOf(maps[`egress_slots${family}`]))
      expect(new DataView(value.buffer, value.byteOffset).getUint32(lentSlot.lock, true)).toBe(0)
  })

  it('stay with a connection when rules change, and blocks and slots with them', () => {
    const before = lendingBalancer(engine, { quota: 16, ports: PortRange(5000, 5031) })
    const own = Array.from({ length: 16 }, (_, n) => connection(5000 + n, 'two', 443 + (n & 1)))
    const ports = own.map((one) => before.establish(one) as number)
    expect(ports).not.toContain(undefined)
    // Each VM has another place than before: those of the one are now where those of two were.
    const after = lendingBalancer(engine, { quota: 16, ports: PortRange(5000, 5031), more: 1, before })
    for (const [index, one] of own.entries()) {
      expect(after.send(one, flags.push)).toBe(ports[index])
      expect(after.answer(one, ports[index] as number, flags.push)).toEqual(endOf(one))
    }
    // Where its slots are another's for now, it is refused; no living connection gives way.
    expect(after.send(connection(6000, 'one', 80), flags.syn)).toBeUndefined()
    expect(after.establish(connection(6000, 'two', 80))).toBeDefined()
    for (const [index, one] of own.entries()) expect(after.send(one, flags.push)).toBe(ports[index])
  })

  it('take no more memory in a flood than the quota, in either table', () => {
    const quota = 16
    const { send, maps } = lendingBalancer(engine, { quota })
    for (let n = 0; n < 10 * quota; n++) expect(send(connection(1 + n), flags.syn)).toBeDefined()
    expect(entriesOf(maps[`egress${family}`])).toHaveLength(quota)
    expect(entriesOf(maps[`owners${family}`])).toHaveLength(quota)
  })
})

it('maps keep their form while a site grows, but for every fourfold', () => {
  expect([0, 1, 64, 65, 256, 257, 1000, 1025].map(runsFor)).toEqual([64, 64, 64, 256, 256, 1024, 1024, 4096])
})
