import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  addAddress,
  addNeighbour,
  addRoute,
  changeLink,
  closeNamespace,
  createNamespace,
  createVeth,
  deleteAddress,
  deleteLink,
  deleteRoute,
  disableOffloads,
  enabledOffloads,
  type Namespace,
  NetlinkError,
  type NetlinkSocket,
  openNetlink,
  openPacketSocket,
  replaceRoute,
  settleLink,
  writeSysctls,
} from '../../src/kernel/index.ts'
import { ip, prefix } from '../../src/net/index.ts'
import { describeKernel } from './requirements.ts'

describeKernel('rtnetlink', () => {
  let [a, b] = [] as unknown as [Namespace, Namespace]
  let [left, right] = [] as unknown as [NetlinkSocket, NetlinkSocket]

  beforeAll(() => {
    a = createNamespace()
    b = createNamespace()
    left = openNetlink(a)
    right = openNetlink(b)
    for (const namespace of [a, b]) writeSysctls(namespace, { 'net.ipv6.conf.default.addr_gen_mode': 1 })
    left.batch([
      changeLink('lo', { up: true }),
      createVeth(
        { name: 'east0', index: 10, mac: '02:00:00:00:00:01', mtu: 1600 },
        { name: 'west0', index: 20, mac: '02:00:00:00:00:02', mtu: 1600 },
        b,
      ),
      createVeth({ name: 'east1', index: 11 }, { name: 'west1', index: 21 }, b),
      changeLink(10, { up: true }),
      changeLink(11, { up: true }),
    ])
    right.batch([changeLink(20, { up: true }), changeLink(21, { up: true })])
    settleLink(left, 'east0')
    settleLink(right, 'west0')
  })

  afterAll(() => {
    for (const socket of [left, right]) socket.close()
    for (const namespace of [a, b]) closeNamespace(namespace)
  })

  it('creates a veth pair across two namespaces, up, with the names, indices and addresses asked for', () => {
    expect(left.links().find((link) => link.name === 'east0')).toMatchObject({
      index: 10,
      mac: '02:00:00:00:00:01',
      mtu: 1600,
      up: true,
      running: true,
      peer: 20,
    })
    expect(right.links().find((link) => link.name === 'west0')).toMatchObject({
      index: 20,
      mac: '02:00:00:00:00:02',
      mtu: 1600,
      running: true,
      peer: 10,
    })
  })

  it('makes no address of its own accord when told so', () => {
    expect(left.addresses().filter((entry) => entry.index !== 1)).toEqual([])
  })

  it('makes no address on a link that is told so', () => {
    const namespace = createNamespace()
    const socket = openNetlink(namespace)
    socket.batch([
      createVeth({ name: 'quiet', index: 2 }, { name: 'plain', index: 3 }),
      changeLink(2, { automaticLinkLocal: false }),
      changeLink(2, { up: true }),
      changeLink(3, { up: true }),
    ])
    expect(socket.addresses().map((entry) => entry.index)).toEqual([3])
    socket.close()
    closeNamespace(namespace)
  })

  it('adds, lists and deletes addresses of both families', () => {
    const four = { index: 1, address: ip('10.1.2.3') }
    const six = { index: 10, address: ip('fe80::1'), length: 64 }
    left.batch([addAddress(four), addAddress(six)])
    expect(left.addresses()).toContainEqual({ ...four, length: 32 })
    expect(left.addresses()).toContainEqual(six)
    left.batch([deleteAddress(four), deleteAddress(six)])
    expect(left.addresses().filter((entry) => entry.index !== 1)).toEqual([])
  })

  it('routes both families over several IPv6 next hops, with a source address', () => {
    left.batch([
      addAddress({ index: 1, address: ip('10.1.2.3') }),
      addAddress({ index: 1, address: ip('fd00::3') }),
      addAddress({ index: 10, address: ip('fe80::1'), length: 64 }),
      addAddress({ index: 11, address: ip('fe80::1'), length: 64 }),
      addNeighbour({ index: 10, address: ip('fe80::2'), mac: '02:00:00:00:00:02' }),
    ])
    const nextHops = [
      { index: 10, via: ip('fe80::2'), weight: 1 },
      { index: 11, via: ip('fe80::2'), weight: 3 },
    ]
    const routes = [
      { prefix: prefix('10.9.0.0/16'), nextHops, source: ip('10.1.2.3') },
      { prefix: prefix('fd00:9::/32'), nextHops, source: ip('fd00::3') },
      { prefix: prefix('0.0.0.0/0'), nextHops: [{ index: 10, via: ip('fe80::2') }] },
      { prefix: prefix('::/0'), nextHops: [{ index: 10, via: ip('fe80::2') }] },
      { prefix: prefix('192.0.2.0/24'), nextHops: [] },
      { prefix: prefix('2001:db8::/32'), nextHops: [] },
      { prefix: prefix('10.8.0.1/32'), nextHops: [{ index: 11 }] },
    ]
    left.batch(routes.map(addRoute))
    const found = left.routes()
    for (const { prefix, nextHops } of routes) {
      const route = found.find(
        (candidate) =>
          candidate.table === 254 && JSON.stringify(text(candidate)) === JSON.stringify(text({ prefix })),
      )
      expect(route, JSON.stringify(text({ prefix }))).toBeDefined()
      if (nextHops.length === 0) expect(route?.nextHops).toEqual([])
      else expect(route?.nextHops).toMatchObject(nextHops)
    }
    left.batch([
      replaceRoute({ prefix: prefix('10.9.0.0/16'), nextHops: [{ index: 11, via: ip('fe80::2') }] }),
      deleteRoute({ prefix: prefix('192.0.2.0/24') }),
    ])
    const later = left.routes()
    expect(later.find((route) => route.prefix.length === 16)?.nextHops).toMatchObject([{ index: 11 }])
    expect(later.some((route) => route.prefix.family === 4 && route.prefix.length === 24)).toBe(false)
  })

  it('names every request that failed, with the words of the kernel, and carries out the others', () => {
    const batch = [
      addRoute({ prefix: prefix('10.7.0.0/16'), nextHops: [{ index: 99, via: ip('fe80::2') }] }),
      addAddress({ index: 1, address: ip('10.1.2.4') }),
      addAddress({ index: 1, address: ip('10.1.2.4') }),
    ]
    try {
      left.batch(batch)
      expect.unreachable()
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error
      expect(error.message).toMatch(/^add route 10\.7\.0\.0\/16 via fe80::2 \(first of 2 failures\): /)
      expect(error.failures[1]?.reason).toMatch(/address/i)
      expect(error.failures.map(({ index, errno }) => [index, errno])).toEqual([
        [0, 19],
        [2, 17],
      ])
    }
    expect(left.addresses()).toContainEqual({ index: 1, address: ip('10.1.2.4'), length: 32 })
  })

  it('renames, moves and deletes links', () => {
    left.batch([createVeth({ name: 'one', index: 30 }, { name: 'two', index: 31 })])
    left.batch([changeLink(30, { name: 'three', mtu: 1300 }), changeLink(31, { namespace: b })])
    expect(left.links().find((link) => link.index === 30)).toMatchObject({
      name: 'three',
      mtu: 1300,
      up: false,
    })
    expect(right.links().some((link) => link.name === 'two')).toBe(true)
    right.batch([deleteLink('two')])
    expect(left.links().some((link) => link.index === 30)).toBe(false)
  })

  it('sends batches larger than one message buffer', () => {
    const routes = Array.from({ length: 3000 }, (_, i) => ({
      prefix: prefix(`10.200.${i >> 8}.${i & 255}/32`),
      nextHops: [{ index: 10, via: ip('fe80::2') }],
    }))
    left.batch(routes.map(addRoute))
    expect(left.routes().filter((route) => route.prefix.value >> 16n === 0x0ac8n)).toHaveLength(3000)
    expect(() => left.batch(routes.map(addRoute))).toThrow('first of 3000 failures')
  })

  it('turns offloads off', () => {
    expect(enabledOffloads(left, 'east0')).toContain('transmit checksum')
    disableOffloads(left, 'east0')
    expect(enabledOffloads(left, 'east0')).toEqual([])
    expect(() => disableOffloads(left, 'none')).toThrow(
      /^read transmit checksum offload on 'none': no such device/,
    )
  })

  it('carries packets as soon as both ends are up and settled', () => {
    for (let round = 0; round < 50; round++) {
      left.batch([
        createVeth({ name: 'x', index: 40 }, { name: 'x', index: 40 }, b),
        changeLink(40, { up: true }),
      ])
      expect(settleLink(left, 'x')).toBe(false)
      right.batch([changeLink(40, { up: true })])
      expect([settleLink(left, 'x'), settleLink(right, 'x')]).toEqual([true, true])
      const [sender, receiver] = [openPacketSocket(a, 40), openPacketSocket(b, 40)]
      const frame = new Uint8Array(60).fill(1)
      expect(sender.send(frame)).toBe(true)
      let got = receiver.receive()
      // Multicast reports of IPv6 may come first.
      while (got && got[12] !== 1) got = receiver.receive()
      expect(got).toEqual(frame)
      for (const socket of [sender, receiver]) socket.close()
      left.batch([deleteLink(40)])
    }
  })
})

const text = ({ prefix }: { prefix: { family: number; value: bigint; length: number } }) => [
  prefix.family,
  String(prefix.value),
  prefix.length,
]
