import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  addAddress,
  addRoute,
  allowPing,
  bindUdp,
  changeLink,
  closeNamespace,
  connectTcp,
  createNamespace,
  createPoller,
  createVeth,
  listenTcp,
  type Namespace,
  openNetlink,
  openPacketSocket,
  type Poller,
  type SocketProbe,
  sendProbes,
  settleLink,
  writeSysctls,
} from '../../src/kernel/index.ts'
import { ip, prefix } from '../../src/net/index.ts'
import { describeKernel } from './requirements.ts'

const own = { 4: ip('192.0.2.1'), 6: ip('2001:db8::1') }
const other = { 4: ip('198.51.100.1'), 6: ip('2001:db8:1::1') }
const families = [4, 6] as const

describeKernel('sockets in namespaces', () => {
  let [a, b] = [] as unknown as [Namespace, Namespace]
  let poller: Poller

  beforeAll(() => {
    a = createNamespace()
    b = createNamespace()
    poller = createPoller()
    const sockets = [a, b].map((namespace) => {
      writeSysctls(namespace, { 'net.ipv6.conf.default.addr_gen_mode': 1 })
      allowPing(namespace)
      return openNetlink(namespace)
    })
    sockets[0]?.batch([createVeth({ name: 'eth0', index: 2 }, { name: 'eth0', index: 2 }, b)])
    for (const [number, socket] of sockets.entries()) {
      const [mine, theirs] = number === 0 ? [own, other] : [other, own]
      const linkLocal = (n: number) => ip(`fe80::${n + 1}`)
      socket.batch([
        changeLink('lo', { up: true }),
        changeLink(2, { up: true }),
        addAddress({ index: 2, address: linkLocal(number), length: 64 }),
        ...families.flatMap((family) => [
          addAddress({ index: 1, address: mine[family] }),
          addRoute({
            prefix: prefix(family === 4 ? '0.0.0.0/0' : '::/0'),
            nextHops: [{ index: 2, via: linkLocal(1 - number) }],
            source: mine[family],
          }),
        ]),
      ])
      expect(theirs).not.toBe(mine)
      socket.close()
    }
  })

  afterAll(() => {
    poller.close()
    closeNamespace(a)
    closeNamespace(b)
  })

  it('serves HTTP from a listening descriptor and fetches from it', async () => {
    for (const family of families) {
      const server = createServer((_request, response) => response.end('hello'))
      server.listen({ fd: listenTcp(b, { address: other[family], port: 80 }) })
      const fd = await connectTcp(poller, { namespace: a, destination: other[family], port: 80 }, 2000)
      const socket = new Socket({ fd })
      const [response] = await once(get({ createConnection: () => socket, path: '/' }), 'response')
      let body = ''
      for await (const part of response) body += part
      expect(body).toBe('hello')
      socket.destroy()
      server.close()
    }
  })

  it('lets Node serve datagrams from a bound descriptor', async () => {
    for (const family of families) {
      const server = createSocket(family === 4 ? 'udp4' : 'udp6')
      server.on('message', (message, from) => server.send(`re: ${message}`, from.port, from.address))
      server.bind({ fd: bindUdp(b, { address: other[family], port: 53 }) })
      const probe: SocketProbe = {
        namespace: a,
        protocol: 'udp',
        source: own[family],
        sourcePort: 4000 + family,
        destination: other[family],
        port: 53,
        payload: new TextEncoder().encode('question'),
      }
      const [result] = await sendProbes(poller, [probe], 2000)
      expect(result).toMatchObject({
        outcome: 'answered',
        local: { address: own[family], port: 4000 + family },
      })
      expect(new TextDecoder().decode(result?.reply)).toBe('re: question')
      server.close()
    }
  })

  it('tells connected, answered, refused, silent and unsent apart', async () => {
    const listeners = families.map((family) => listenTcp(b, { address: other[family], port: 443 }))
    const silent = families.map((family) => bindUdp(b, { address: other[family], port: 9 }))
    const probe = (protocol: SocketProbe['protocol'], destination: SocketProbe['destination'], port = 0) => ({
      namespace: a,
      protocol,
      destination,
      port,
    })
    const probes = families.flatMap((family) => [
      probe('tcp', other[family], 443),
      probe('tcp', other[family], 444),
      probe('udp', other[family], 9),
      probe('udp', other[family], 10),
      probe('icmp', other[family]),
      { ...probe('icmp', other[family]), sourcePort: 77 },
      { ...probe('tcp', other[family], 443), source: other[family] },
    ])
    const results = await sendProbes(poller, probes, 500)
    expect(results.map(({ outcome, error }) => [outcome, error])).toEqual(
      families.flatMap(() => [
        ['connected', undefined],
        ['refused', 'ECONNREFUSED'],
        ['silent', undefined],
        ['refused', 'ECONNREFUSED'],
        ['answered', undefined],
        ['answered', undefined],
        ['unsent', 'EADDRNOTAVAIL'],
      ]),
    )
    expect(results[5]?.local?.port).toBe(77)
    const { closeSync } = await import('node:fs')
    for (const fd of [...listeners, ...silent]) closeSync(fd)
  })

  it('probes hundreds of destinations at once while the process serves them', async () => {
    const server = createServer()
    server.listen({ fd: listenTcp(b, { address: other[4], port: 8080 }) })
    const probes = Array.from({ length: 500 }, () => ({
      namespace: a,
      protocol: 'tcp' as const,
      destination: other[4],
      port: 8080,
    }))
    const results = await sendProbes(poller, probes, 5000)
    expect(new Set(results.map((result) => result.outcome))).toEqual(new Set(['connected']))
    server.close()
  })

  it('reports an unreachable host by the ICMP error of the router', async () => {
    // The other side has no address on the link, and no route but back: it answers with host unreachable.
    writeSysctls(b, { 'net.ipv4.ip_forward': 1 })
    const netlink = openNetlink(b)
    netlink.batch([addRoute({ prefix: prefix('203.0.113.0/24'), nextHops: [{ index: 1 }] })])
    netlink.close()
    const probes = (['tcp', 'udp', 'icmp'] as const).map((protocol) => ({
      namespace: a,
      protocol,
      destination: ip('203.0.113.7'),
      port: 80,
    }))
    const results = await sendProbes(poller, probes, 2000)
    expect(results.map(({ outcome, error }) => [outcome, error])).toEqual(
      probes.map(() => ['refused', 'EHOSTUNREACH']),
    )
  })

  it('sends and receives whole frames', () => {
    const netlink = openNetlink(a)
    for (const namespace of [a, b]) writeSysctls(namespace, { 'net.ipv6.conf.default.disable_ipv6': 1 })
    netlink.batch([
      createVeth({ name: 'quiet', index: 5 }, { name: 'quiet', index: 5 }, b),
      changeLink(5, { up: true }),
    ])
    const peer = openNetlink(b)
    peer.batch([changeLink(5, { up: true })])
    for (const socket of [netlink, peer]) {
      settleLink(socket, 'quiet')
      socket.close()
    }
    const [sender, receiver] = [openPacketSocket(a, 5), openPacketSocket(b, 5)]
    const frame = Uint8Array.from({ length: 60 }, (_, i) => i)
    frame.set([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5])
    sender.send(frame)
    expect(receiver.receive()).toEqual(frame)
    expect(receiver.receive()).toBeUndefined()
    expect(sender.receive()).toBeUndefined()
    sender.close()
    receiver.close()
  })

  it('names what it could not bind to', () => {
    expect(() => listenTcp(a, { address: ip('10.1.1.1'), port: 80 })).toThrow(
      /^bind to 10\.1\.1\.1:80: address is not on this machine \(EADDRNOTAVAIL\)/,
    )
    expect(() => bindUdp(a, { address: ip('fd00::1'), port: 53 })).toThrow('[fd00::1]:53')
  })
})
