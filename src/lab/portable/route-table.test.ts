import { describe, expect, it } from 'vitest'
import type { Route } from '../../model/index.ts'
import { ip, prefix } from '../../net/index.ts'
import { buildPacket } from '../../wire/index.ts'
import { type Datagram, readDatagram } from './datagram.ts'
import { RouteTable } from './route-table.ts'

const route = (text: string, ...interfaces: string[]): Route => ({
  prefix: prefix(text),
  nextHops: interfaces.map((name) => ({ interface: name, via: ip('fe80::1') })),
})

const routes = [
  route('0.0.0.0/0', 'up1', 'up2'),
  route('10.0.0.0/8'),
  route('10.1.0.0/16', 'down'),
  route('10.1.2.3/32', 'port'),
  route('fd00::/8', 'down'),
]

const flow = (sourcePort: number): Datagram =>
  readDatagram(
    buildPacket({
      ip: { source: ip('192.0.2.1'), destination: ip('198.51.100.1') },
      tcp: { sourcePort, destinationPort: 80 },
    }),
  )!

describe('route table', () => {
  const table = new RouteTable('lab/dr1', routes)
  it.each([
    ['10.1.2.3', '10.1.2.3/32'],
    ['10.1.2.4', '10.1.0.0/16'],
    ['10.2.0.0', '10.0.0.0/8'],
    ['192.0.2.1', '0.0.0.0/0'],
    ['fd00::1', 'fd00::/8'],
  ])('%s goes by %s', (destination, by) => {
    for (const _ of ['first', 'remembered']) expect(table.lookup(ip(destination))?.prefix).toEqual(prefix(by))
  })
  it('knows no way where there is none', () => {
    for (const _ of ['first', 'remembered']) expect(table.lookup(ip('2001:db8::1'))).toBeUndefined()
  })
  it('chooses nothing of a null route, and the only hop of a single one', () => {
    expect(table.choose(routes[1]!, flow(1))).toBeUndefined()
    expect(table.choose(routes[2]!, flow(1))?.interface).toBe('down')
  })
  it('keeps a flow on its way, spreads flows over equal ways, and differently at the next node', () => {
    const ways = (name: string) =>
      Array.from(
        { length: 200 },
        (_, port) => new RouteTable(name, routes).choose(routes[0]!, flow(port + 1))!,
      )
    const here = ways('lab/isp1').map((hop) => hop.interface)
    expect(ways('lab/isp1').map((hop) => hop.interface)).toEqual(here)
    const share = here.filter((name) => name === 'up1').length
    expect(share).toBeGreaterThan(50)
    expect(share).toBeLessThan(150)
    const alike = ways('lab/isp2').filter((hop, i) => hop.interface === here[i]).length
    expect(alike).toBeGreaterThan(50)
    expect(alike).toBeLessThan(150)
  })
})
