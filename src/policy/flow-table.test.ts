/** How many flows a filter keeps, and which give way. */
import { describe, expect, it } from 'vitest'
import { ip } from '../net/index.ts'
import type { Flow } from './flow.ts'
import { FlowTable } from './flow-table.ts'

const local = ip('10.0.0.1')
const remote = ip('192.0.2.1')
const numbered = (remotePort: number): Flow => ({ local, remote, protocol: 6, localPort: 443, remotePort })
const opening = { opener: 'remote', sequence: 0, epoch: 0 } as const

/** A table with established flows 0, 1, … of that many. */
function filled(quota: number, flows: number): FlowTable {
  const table = new FlowTable(quota)
  for (let port = 0; port < flows; port++) {
    expect(table.open(numbered(port), 0n, opening)).toBe('opened')
    table.step(numbered(port), 0n, { kind: 'to', state: 'established' })
  }
  return table
}

const known = (table: FlowTable, now: bigint, ...ports: number[]): number[] =>
  ports.filter((port) => table.find(numbered(port), now))

describe('a full table', () => {
  it('half-open flows give way to new ones, the oldest first', () => {
    const table = new FlowTable(4)
    for (let port = 0; port < 6; port++) table.open(numbered(port), 0n, opening)
    expect(known(table, 0n, 0, 1, 2, 3, 4, 5)).toEqual([2, 3, 4, 5])
    expect(table.size).toBe(4)
  })

  it('a flood of openings ends no established flow, and none of another filter', () => {
    const table = filled(64, 63)
    for (let port = 1000; port < 1000 + 640; port++) table.open(numbered(port), 1n, opening)
    expect(known(table, 1n, ...Array.from({ length: 63 }, (_, port) => port))).toHaveLength(63)
    expect(table.size).toBeLessThanOrEqual(64)
  })

  it('a new flow is refused where eight slots in a row hold established ones', () => {
    const table = filled(8, 8)
    expect(table.open(numbered(99), 1n, opening)).toBe('full')
    expect(known(table, 1n, 99)).toEqual([])
    table.step(numbered(3), 1n, { kind: 'to', state: 'closed' })
    expect(table.open(numbered(99), 1n, opening)).toBe('opened')
    expect(known(table, 1n, 3, 99)).toEqual([99])
  })

  it('forgotten flows give way, and those that a reset has ended once their time is over', () => {
    const table = filled(1, 1)
    table.step(numbered(0), 0n, { kind: 'reset' })
    expect(table.open(numbered(1), 9_999_999_999n, opening)).toBe('full')
    expect(table.open(numbered(1), 10_000_000_000n, opening)).toBe('opened')
  })

  it('each family has a quota of its own', () => {
    const table = filled(1, 1)
    const six = { local: ip('fd00::1'), remote: ip('2001:db8::1'), protocol: 6, localPort: 1, remotePort: 2 }
    expect(table.open(six, 0n, opening)).toBe('opened')
    expect(known(table, 0n, 0)).toEqual([0])
  })

  it('a flow has one slot, however often it is opened', () => {
    const table = new FlowTable(2)
    table.open(numbered(0), 0n, opening)
    for (let times = 0; times < 5; times++) table.open(numbered(1), 0n, opening)
    expect(table.size).toBeLessThanOrEqual(2)
    table.open(numbered(2), 0n, opening)
    table.open(numbered(3), 0n, opening)
    expect(known(table, 0n, 2, 3)).toEqual([2, 3])
  })
})

describe('a flow with an absolute end', () => {
  it('ends then, whatever packets it has', () => {
    const table = new FlowTable()
    table.open(numbered(1), 0n, { ...opening, until: 100n })
    table.step(numbered(1), 50n, { kind: 'to', state: 'established' })
    expect(known(table, 99n, 1)).toEqual([1])
    expect(known(table, 100n, 1)).toEqual([])
  })

  it('ends as the rule says that allowed it last', () => {
    const table = new FlowTable()
    table.open(numbered(1), 0n, { ...opening, until: 100n })
    table.renew(numbered(1), 1)
    expect(known(table, 100n, 1)).toEqual([1])
    table.renew(numbered(1), 2, 200n)
    expect(known(table, 199n, 1)).toEqual([1])
    expect(known(table, 200n, 1)).toEqual([])
  })
})
