import { createServer, type Server, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { type Network, parseNetwork } from '../model/index.ts'
import { smallNetwork } from '../model/testing/small-network.ts'
import { HostAgents } from './host-agents.ts'
import { HttpFront, type HttpLimits } from './http-front.ts'

const network = parseNetwork(smallNetwork).network as Network
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** Port of a front on the loopback, where every client is a stranger to the host: 403 is its answer to whole requests. */
async function listen(limits: Partial<HttpLimits>): Promise<number> {
  const front = new HttpFront(new HostAgents(network), limits)
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    front.serve(socket, 'west/host1', 'wire-server')
  })
  servers.push(server)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}

function connect(port: number): Socket {
  return new Socket().on('error', () => undefined).connect(port, '127.0.0.1')
}

async function statusOf(port: number, ...pieces: readonly string[]): Promise<string> {
  const socket = connect(port)
  for (const piece of pieces) socket.write(piece)
  return (await text(socket).catch(() => '')).split('\r\n')[0] as string
}

const post = (length: number) => `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`

describe('HTTP in front of the agents', () => {
  it('hands a whole request on, and ends the connection after its answer', async () => {
    const port = await listen({})
    expect(await statusOf(port, post(3), 'abc')).toBe('HTTP/1.1 403 Forbidden')
    const twice = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(2)
    const socket = connect(port)
    socket.write(twice)
    expect((await text(socket)).match(/HTTP\/1\.1 /g)?.length).toBe(1)
  })

  it('takes a body as long as the limit and none longer, with or without its length given', async () => {
    const port = await listen({ body: 10 })
    expect(await statusOf(port, post(10), 'x'.repeat(10))).toMatch(/ 403 /)
    expect(await statusOf(port, post(11), 'x'.repeat(11))).toMatch(/ 413 /)
    const chunked = 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n'
    expect(await statusOf(port, chunked, 'b\r\n01234567890\r\n0\r\n\r\n')).toMatch(/ 413 /)
  })

  it('takes no more headers than the limit', async () => {
    const port = await listen({ headers: 1024 })
    expect(await statusOf(port, `GET / HTTP/1.1\r\nx: ${'y'.repeat(2000)}\r\n\r\n`)).toMatch(/ 400 /)
  })

  it('cuts off who does not come to an end', async () => {
    const port = await listen({ lifetime: 100 })
    expect(await statusOf(port, 'GET / HTTP/1.1\r\nhost:')).toBe('')
    expect(await statusOf(port, post(100), 'x')).toBe('')
    expect(await statusOf(port)).toBe('')
  })

  it('takes so many connections of one client, and others again when these have ended', async () => {
    const port = await listen({ connections: 2 })
    const idle = [connect(port), connect(port)]
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    expect(await statusOf(port, post(0))).toBe('')
    const [one] = idle
    one?.end('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await text(one as Socket)
    expect(await statusOf(port, post(0))).toMatch(/ 403 /)
    for (const socket of idle) socket.destroy()
  })

  it.each(['GET http://x/ HTTP/1.1', 'OPTIONS * HTTP/1.1', 'CONNECT x:443 HTTP/1.1', 'what'])(
    'does not serve: %s',
    async (line) => {
      const port = await listen({})
      expect(await statusOf(port, `${line}\r\nhost: x\r\n\r\n`)).not.toMatch(/ (2|403)/)
    },
  )
})
