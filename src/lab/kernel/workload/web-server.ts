/**
 * The web servers of all nodes: one server for HTTP and one for HTTPS serve every connection, whatever namespace it came from.
 * Each answer says who gave it and to whom, so that with curl one sees where a balancer led and as whom one is seen.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Network, Node } from '../../../model/index.ts'
import { formatIp } from '../../../net/index.ts'
import { createCertificate } from './certificate.ts'
import { httpsTarget, strictTransport } from './https-redirect.ts'

export class WebServer {
  #network: Network
  #nodes: ReadonlyMap<string, Node>
  readonly #http: Server
  readonly #more = new WeakMap<Socket, () => object>()
  /** Made when the first connection needs it: most labs end without one. */
  #https: Promise<TlsServer> | undefined

  constructor(network: Network) {
    this.#network = network
    this.#nodes = nodesByAddress(network)
    this.#http = createServer(this.#answer)
  }

  /** Of what its answers speak from now on. */
  set network(network: Network) {
    this.#network = network
    this.#nodes = nodesByAddress(network)
  }

  /** @param more what its answers on this connection say beside the usual */
  serve(socket: Socket, more?: () => object): void {
    if (more) this.#more.set(socket, more)
    this.#http.emit('connection', socket)
  }

  serveTls(socket: Socket): void {
    this.#https ??= this.#startTls()
    this.#https.then(
      (server) => server.emit('connection', socket),
      (error: Error) => socket.destroy(error),
    )
  }

  async #startTls(): Promise<TlsServer> {
    const certificate = await createCertificate(this.#network)
    const server = createTlsServer({ ...certificate, minVersion: 'TLSv1.2' }, this.#answer)
    // A client that does not trust the certificate, or speaks no TLS: its own affair.
    server.on('tlsClientError', (_, socket) => socket.destroy())
    return server
  }

  /** Addresses of nodes are unique, so the one that was reached tells which node this is. */
  readonly #answer = ({ method, url = '/', socket }: IncomingMessage, response: ServerResponse): void => {
    const node = this.#nodes.get(plainAddress(socket.localAddress))
    const isSecure = socket instanceof TLSSocket
    const target =
      node && !isSecure ? httpsTarget(this.#network, node, socket.localPort ?? 0, url) : undefined
    if (target !== undefined) return void response.writeHead(301, { location: target }).end()
    if (isSecure && node?.vm) response.setHeader('strict-transport-security', strictTransport)
    const { service, role, instance, tenant } = node?.vm ?? {}
    const body = {
      node: node?.id,
      kind: node?.kind,
      site: node?.site,
      tenant,
      service,
      role,
      instance,
      address: plainAddress(socket.localAddress),
      port: socket.localPort,
      client: { address: plainAddress(socket.remoteAddress), port: socket.remotePort },
      request: `${method} ${url}`,
      ...this.#more.get(socket)?.(),
    }
    response.setHeader('content-type', 'application/json')
    response.end(`${JSON.stringify(body)}\n`)
  }
}

const nodesByAddress = ({ nodes }: Network): ReadonlyMap<string, Node> =>
  new Map(nodes.flatMap((node) => node.addresses.map((address) => [formatIp(address), node] as const)))

/** Dual-stack sockets show IPv4 addresses inside IPv6 ones (RFC 4291 section 2.5.5.2). */
const plainAddress = (address = ''): string => address.replace(/^::ffff:(?=\d+\.)/, '')
