/** Through real sockets on the loopback interface, asked by the resolver that Node brings along (c-ares). */

import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { udpEndpoint } from './datagram.ts'
import { emitMessage } from './emit.ts'
import { name } from './name.ts'
import { NameServer } from './name-server.ts'
import { parseMessage } from './parse.ts'
import { frameMessage, MessageReader } from './stream.ts'
import { query } from './testing/arbitrary.ts'
import { exampleEntries, exampleZone } from './testing/example-zone.ts'
import { Zone } from './zone.ts'

let server: NameServer
let port: number
let resolver: Resolver

beforeEach(async () => {
  server = new NameServer(exampleZone)
  // UDP takes the port that the system chose for TCP.
  port = (await server.serveTcp({ host: '127.0.0.1', port: 0 })).port
  server.serveUdp(await udpEndpoint('udp4', { address: '127.0.0.1', port }))
  resolver = new Resolver({ timeout: 2000, tries: 2 })
  resolver.setServers([`127.0.0.1:${port}`])
})
afterEach(() => server.close())

describe('name server', () => {
  it('resolves names for a stock resolver', async () => {
    expect(await resolver.resolve4('shop.west.cloudapp.example')).toEqual(['203.0.113.10'])
    expect(await resolver.resolve6('shop.west.cloudapp.example')).toEqual(['2001:db8:1::10'])
    expect(await resolver.resolveSoa('cloudapp.example')).toMatchObject({ serial: 7, minttl: 60 })
    expect((await resolver.resolveNs('cloudapp.example')).sort()).toEqual([
      'ns1.east.cloudapp.example',
      'ns1.west.cloudapp.example',
    ])
    await expect(resolver.resolve4('nope.cloudapp.example')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await expect(resolver.resolve4('west.cloudapp.example')).rejects.toMatchObject({ code: 'ENODATA' })
    await expect(resolver.resolve4('www.example')).rejects.toMatchObject({ code: 'EREFUSED' })
  })
  it('sends a resolver to TCP for what does not fit a datagram', async () => {
    const addresses = await resolver.resolve4('many.west.cloudapp.example')
    expect(addresses).toHaveLength(60)
  })
  it('answers pipelined queries in order, however they are chopped', async () => {
    const ids = [1, 2, 3, 4]
    const asked = ids.map((id) =>
      emitMessage(query({ name: name('cloudapp.example'), type: 6, class: 1 }, { id })),
    )
    const stream = Buffer.concat(asked.map(frameMessage))
    const socket = connect(port, '127.0.0.1')
    for (const byte of stream) socket.write(Uint8Array.of(byte))
    const replies = await read(socket, ids.length)
    expect(replies.map((bytes) => parseMessage(bytes)?.header.id)).toEqual(ids)
    socket.destroy()
  })
  it('hangs up on what is no query, and goes on serving', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.write(frameMessage(Uint8Array.of(1, 2, 3)))
    expect(await read(socket, 1)).toEqual([])
    expect(await resolver.resolve4('shop.west.cloudapp.example')).toEqual(['203.0.113.10'])
  })
  it('serves the zone of the moment', async () => {
    server.zone = Zone(name('cloudapp.example'), exampleEntries.slice(0, 1))
    await expect(resolver.resolve4('shop.west.cloudapp.example')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })
  it('serves a client beside another that holds all the connections it can', async () => {
    const quiet = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })
    await once(quiet, 'connect')
    const asked = frameMessage(emitMessage(query({ name: name('cloudapp.example'), type: 6, class: 1 })))
    const greedy: Socket[] = []
    for (let i = 0; i < 40; i++) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined)
      // A byte makes it sure that the server has the connection; an unfinished message is no use of it.
      socket.write(Uint8Array.of(0))
      await once(socket, 'connect')
      greedy.push(socket)
    }
    await Promise.all(
      greedy.slice(0, 24).map((socket) => (socket.closed ? undefined : once(socket, 'close'))),
    )
    expect(greedy.slice(24).map((socket) => socket.closed)).toEqual(Array(16).fill(false))
    quiet.write(asked)
    expect(await read(quiet, 1)).toHaveLength(1)
    const late = connect(port, '127.0.0.1')
    late.write(asked)
    expect(await read(late, 1)).toHaveLength(1)
    for (const socket of [quiet, late, ...greedy]) socket.destroy()
  })
  it('ends a connection on which bytes come, but no whole message', async () => {
    const hasty = new NameServer(exampleZone, { idle: 50 })
    const { port } = await hasty.serveTcp({ host: '127.0.0.1', port: 0 })
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    socket.write(Uint8Array.of(0xff, 0xff))
    const drip = setInterval(() => socket.write(Uint8Array.of(0)), 10)
    // Resolves when the server hangs up; it never would if a byte renewed the deadline.
    expect(await read(socket, 1)).toEqual([])
    clearInterval(drip)
    await hasty.close()
  })
  it('closes with connections open', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.write(frameMessage(emitMessage(query({ name: name('cloudapp.example'), type: 6, class: 1 }))))
    await read(socket, 1)
    await server.close()
    expect(await read(socket, 1)).toEqual([])
    await server.close()
  })
})

/** The next messages of a connection; fewer if it ends before. */
async function read(socket: Socket, count: number): Promise<Uint8Array[]> {
  const reader = new MessageReader()
  const messages: Uint8Array[] = []
  return new Promise((resolve) => {
    socket.on('data', (chunk) => {
      messages.push(...reader.push(chunk))
      if (messages.length >= count) resolve(messages)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(messages))
  })
}
