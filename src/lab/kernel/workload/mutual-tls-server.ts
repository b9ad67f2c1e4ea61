/**
 * Listeners of category 2 (R24): TLS 1.2 or later, both sides with a certificate of the platform. A client is refused before a byte of
 * its request is read: without certificate, with one that the platform's CA did not issue or that has expired, and with that of a
 * machine that is not among the clients of the service, or from an address which is not that machine's. The first is an alert within the
 * handshake; for the others Node lets OpenSSL finish the handshake (its verify callback always says yes), and the connection is closed
 * as the first thing after it.
 */
import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { Authority, isStale, peerIdentity, type Validity } from '../../../control/index.ts'
import { authorisedNodes, type Network, type Node, nodeById } from '../../../model/index.ts'
import { ipEquals, parseIp } from '../../../net/index.ts'

/** Takes an authenticated connection. */
export type Accept = (socket: TLSSocket, server: Node, peer: Node) => void

/** Milliseconds that a handshake may take. */
const handshakeTimeout = 10_000

interface Endpoint {
  readonly server: Server
  validity: Validity
}

export class MutualTlsServer {
  network: Network
  readonly #accept: Accept
  #authority: Promise<Authority> | undefined
  /** By node: made when its first connection comes, for most labs end without one. */
  readonly #endpoints = new Map<string, Promise<Endpoint>>()

  constructor(network: Network, accept: Accept) {
    this.network = network
    this.#accept = accept
  }

  /** The platform's. */
  authority(): Promise<Authority> {
    this.#authority ??= Authority.create(this.network)
    return this.#authority
  }

  /** Serves a connection that came to a node. */
  serve(socket: Socket, node: string): void {
    this.#endpoint(node).then(
      ({ server }) => server.emit('connection', socket),
      (error: Error) => socket.destroy(error),
    )
  }

  async #endpoint(id: string): Promise<Endpoint> {
    const known = this.#endpoints.get(id)
    const made = known ?? this.#start(id)
    this.#endpoints.set(id, made)
    const endpoint = await made
    if (isStale(endpoint.validity)) {
      const { context, validity } = await this.#context(id)
      endpoint.server.setSecureContext(context)
      endpoint.validity = validity
    }
    return endpoint
  }

  async #start(id: string): Promise<Endpoint> {
    const { context, validity } = await this.#context(id)
    const options = { ...context, requestCert: true, rejectUnauthorized: true, handshakeTimeout }
    const server = createServer(options, (socket) => this.#admit(socket, id))
    // A client without a certificate that holds: its own affair.
    server.on('tlsClientError', (_, socket) => socket.destroy())
    return { server, validity }
  }

  async #context(id: string) {
    const node = nodeById(this.network, id)
    if (!node) throw new TypeError(`serve TLS at ${id}: the network has no such node`)
    const authority = await this.authority()
    const { certificate, key, ...validity } = await authority.credentials(node)
    const minVersion = 'TLSv1.2' as const
    // No session is taken up again: each connection shows its certificate, and is asked whether it still holds.
    const secureOptions = constants.SSL_OP_NO_TICKET
    return { context: { cert: certificate, key, ca: authority.root, minVersion, secureOptions }, validity }
  }

  /** The certificate holds; whether its owner is a client of this service is asked here. */
  #admit(socket: TLSSocket, id: string): void {
    socket.on('error', () => socket.destroy())
    const server = nodeById(this.network, id)
    const peer = this.#peerOf(socket)
    const listener = server?.listeners.find(
      ({ application, port }) => application === 'mutual-tls' && port === socket.localPort,
    )
    const isClient =
      server &&
      listener &&
      peer &&
      authorisedNodes(this.network, server, listener).some(({ id }) => id === peer.id)
    if (isClient) this.#accept(socket, server, peer)
    else socket.destroy()
  }

  #peerOf(socket: TLSSocket): Node | undefined {
    const named = peerIdentity(this.network, socket.getPeerCertificate().subjectaltname)
    const node = named && nodeById(this.network, named.node)
    const from = parseIp((socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, ''))
    return node && from && node.addresses.some((own) => ipEquals(own, from)) ? node : undefined
  }
}
