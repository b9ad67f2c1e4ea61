/**
 * HTTP for the host agents: sockets in, whole requests to the services, answers out. Those who ask are guests, so that everything has
 * a limit: headers, bodies, the time that a connection lasts, and how many one guest has. A connection carries one request.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { formatIp, parseIp } from '../net/index.ts'
import type { AgentRequest, AgentResponse } from './exchange.ts'
import type { Caller, HostAgents, HostApplication } from './host-agents.ts'

export interface HttpLimits {
  /** Bytes of all headers of a request together. */
  readonly headers: number
  /** Bytes of a body. */
  readonly body: number
  /** Milliseconds from the connection to its end. */
  readonly lifetime: number
  /** Connections of one address at a time. */
  readonly connections: number
}

const standardLimits: HttpLimits = { headers: 8192, body: 8192, lifetime: 10_000, connections: 32 }

interface Visit {
  readonly application: HostApplication
  readonly caller: Caller
}

export class HttpFront {
  readonly #agents: HostAgents
  readonly #limits: HttpLimits
  readonly #server: Server
  readonly #visits = new WeakMap<Socket, Visit>()
  /** Open connections by host and address. */
  readonly #open = new Map<string, number>()

  constructor(agents: HostAgents, limits: Partial<HttpLimits> = {}) {
    this.#agents = agents
    this.#limits = { ...standardLimits, ...limits }
    this.#server = createServer({ maxHeaderSize: this.#limits.headers }, (request, response) => {
      void this.#serve(request, response)
    })
    this.#server.on('clientError', (_, socket) => {
      if (socket.writable)
        socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      else socket.destroy()
    })
  }

  /** Serves a connection that came to a service of a host. */
  serve(socket: Socket, host: string, application: HostApplication): void {
    const source = plainIp(socket.remoteAddress)
    const local = plainIp(socket.localAddress)
    // A client that is gone already has no address any more.
    if (!source || !local) return void socket.destroy()
    const key = `${host} ${formatIp(source)}`
    const open = this.#open.get(key) ?? 0
    if (open >= this.#limits.connections) return void socket.destroy()
    this.#open.set(key, open + 1)
    const deadline = setTimeout(() => socket.destroy(), this.#limits.lifetime)
    socket.on('close', () => {
      clearTimeout(deadline)
      const left = (this.#open.get(key) ?? 1) - 1
      if (left > 0) this.#open.set(key, left)
      else this.#open.delete(key)
    })
    const address = local.family === 4 ? formatIp(local) : `[${formatIp(local)}]`
    const authority = `${address}:${socket.localPort}`
    this.#visits.set(socket, { application, caller: { host, source, authority } })
    this.#server.emit('connection', socket)
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const visit = this.#visits.get(message.socket)
    if (!visit) return void message.socket.destroy()
    try {
      const body = await this.#body(message)
      const request = body === undefined ? undefined : requestOf(message, body)
      if (body === undefined) send(response, { status: 413, body: '' })
      else if (!request) send(response, { status: 400, body: '' })
      else send(response, this.#agents.answer(visit.application, visit.caller, request))
    } catch {
      // The client went away while it was talking.
      message.socket.destroy()
    }
  }

  /** `undefined` if it is too long. */
  async #body(message: IncomingMessage): Promise<string | undefined> {
    const chunks: Buffer[] = []
    let length = 0
    // What is left of a body that is too long stays unread; the answer is still to be sent.
    for await (const chunk of message.iterator({ destroyOnReturn: false })) {
      length += (chunk as Buffer).length
      if (length > this.#limits.body) return undefined
      chunks.push(chunk as Buffer)
    }
    return Buffer.concat(chunks).toString('utf8')
  }
}

/** `undefined` if its target is not a path on this server (RFC 9112 section 3.2): proxies are asked for others. */
function requestOf(
  { method = '', url = '', headers }: IncomingMessage,
  body: string,
): AgentRequest | undefined {
  if (!url.startsWith('/')) return undefined
  const at = url.indexOf('?')
  const path = at < 0 ? url : url.slice(0, at)
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
  const given = Object.entries(headers).map(([name, value]) => [name, String(value)] as const)
  return { method, path, query, headers: new Map(given), body }
}

function send(response: ServerResponse, { status, contentType, body, headers = {} }: AgentResponse): void {
  const type = contentType === undefined ? {} : { 'content-type': contentType }
  response.writeHead(status, {
    ...headers,
    ...type,
    connection: 'close',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** Dual-stack sockets show IPv4 addresses inside IPv6 ones (RFC 4291 section 2.5.5.2). */
const plainIp = (address = '') => parseIp(address.replace(/^::ffff:(?=\d+\.)/, ''))
