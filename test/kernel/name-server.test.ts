/** The name server on sockets made inside a namespace, asked from another one. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { emitMessage, NameServer, name, parseMessage, Type, udpEndpoint } from '../../src/dns/index.ts'
import { frameMessage, MessageReader } from '../../src/dns/stream.ts'
import { query } from '../../src/dns/testing/arbitrary.ts'
import { exampleZone } from '../../src/dns/testing/example-zone.ts'
import {
  addAddress,
  addRoute,
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
  writeSysctls,
} from '../../src/kernel/index.ts'
import { formatIp, ip, localMac, prefix } from '../../src/net/index.ts'
import { buildFrame } from '../../src/wire/index.ts'
import { describeKernel } from './requirements.ts'

const server = { 4: ip('192.0.2.53'), 6: ip('2001:db8::53') }
const client = { 4: ip('198.51.100.1'), 6: ip('2001:db8:1::1') }
const families = [4, 6] as const
const asked = emitMessage(
  query({ name: name('Shop.west.cloudapp.example'), type: Type.a, class: 1 }, { id: 0xbeef }),
)

const addressesIn = (reply: Uint8Array) =>
  parseMessage(reply)?.answers.map(({ data }) =>
    data.kind === 'address' ? formatIp(data.address) : data.kind,
  )

describeKernel('name server in a namespace', () => {
  let inside: Namespace
  let outside: Namespace
  const running = new NameServer(exampleZone)

  beforeAll(async () => {
    inside = createNamespace()
    outside = createNamespace()
    const ends = [
      { namespace: inside, own: server, number: 1 },
      { namespace: outside, own: client, number: 2 },
    ]
    for (const { namespace } of ends) writeSysctls(namespace, { 'net.ipv6.conf.default.addr_gen_mode': 1 })
    const sockets = ends.map(({ namespace }) => openNetlink(namespace))
    const end = (number: number) => ({ name: 'eth0', index: 2, mac: localMac(number) })
    sockets[0]?.batch([createVeth(end(1), end(2), outside)])
    for (const [index, socket] of sockets.entries()) {
      const { own, number } = ends[index]!
      socket.batch([
        changeLink('lo', { up: true }),
        changeLink(2, { up: true }),
        addAddress({ index: 2, address: ip(`fe80::${number}`), length: 64 }),
        ...families.flatMap((family) => [
          addAddress({ index: 1, address: own[family] }),
          addRoute({
            prefix: prefix(family === 4 ? '0.0.0.0/0' : '::/0'),
            nextHops: [{ index: 2, via: ip(`fe80::${3 - number}`) }],
            source: own[family],
          }),
        ]),
      ])
      socket.close()
    }
    for (const family of families) {
      const local = { address: server[family], port: 53 }
      await running.serveTcp({ fd: listenTcp(inside, local) })
      running.serveUdp(await udpEndpoint(`udp${family}`, { fd: bindUdp(inside, local) }))
    }
  })

  afterAll(async () => {
    await running.close()
    closeNamespace(inside)
    closeNamespace(outside)
  })

  it.each(families)('answers over UDP, IPv%i', async (family) => {
    const socket = createSocket(`udp${family}`)
    socket.bind({ fd: bindUdp(outside, { address: client[family], port: 0 }) })
    socket.send(asked, 53, formatIp(server[family]))
    const [reply, from] = (await once(socket, 'message')) as [Uint8Array, { address: string; port: number }]
    expect(addressesIn(reply)).toEqual(['203.0.113.10'])
    expect(from).toMatchObject({ address: formatIp(server[family]), port: 53 })
    socket.close()
  })

  it.each(families)('answers over TCP, IPv%i', async (family) => {
    const poller = createPoller()
    const fd = await connectTcp(poller, { namespace: outside, destination: server[family], port: 53 }, 2000)
    const socket = new Socket({ fd })
    const reader = new MessageReader()
    socket.write(frameMessage(asked))
    const [chunk] = (await once(socket, 'data')) as [Uint8Array]
    expect(reader.push(chunk).map(addressesIn)).toEqual([['203.0.113.10']])
    socket.destroy()
    poller.close()
  })

  it('survives a query from port 0, to which nobody can reply', async () => {
    const link = openPacketSocket(outside, 2)
    const udp = { sourcePort: 0, destinationPort: 53 }
    const ends = { source: client[4], destination: server[4] }
    link.send(buildFrame({ ethernet: { destination: localMac(1) }, ip: ends, udp, payload: asked }))
    link.close()
    const socket = createSocket('udp4')
    socket.bind({ fd: bindUdp(outside, { address: client[4], port: 0 }) })
    socket.send(asked, 53, formatIp(server[4]))
    await once(socket, 'message')
    socket.close()
  })
})
