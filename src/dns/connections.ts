/**
 * The open connections of a listening socket, so that no client keeps others from theirs (RFC 7766 section 6.2.2). A new connection is
 * always taken: where there are too many of its source, or of all, the one that was idle longest ends for it. Refusing it instead
 * would leave the service to whoever came first. A source is an IPv4 address or an IPv6 /64, as it is seen here: clients that come
 * through one translated address share its part, and a query that is asked at once is still answered.
 */
import { parseIp } from '../net/index.ts'

export interface ConnectionLimits {
  readonly total: number
  readonly perSource: number
  /** Milliseconds from one whole message to the next, and from the opening to the first (RFC 7766 section 6.2.3: a few seconds). */
  readonly idle: number
}

/** What is needed of a `net.Socket`. */
export interface Connection {
  readonly remoteAddress?: string | undefined
  destroy(): unknown
  once(event: 'close', listener: () => void): unknown
}

interface Held {
  readonly source: string
  readonly deadline: NodeJS.Timeout
}

export class Connections {
  readonly #limits: ConnectionLimits
  /** Longest idle first. */
  readonly #open = new Map<Connection, Held>()

  constructor(limits: ConnectionLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#open.size
  }

  /** False if the client is gone already. */
  admit(connection: Connection): boolean {
    const source = sourceOf(connection.remoteAddress)
    if (source === undefined) {
      connection.destroy()
      return false
    }
    const own = [...this.#open].filter(([, held]) => held.source === source)
    if (own.length >= this.#limits.perSource) this.#end(own[0]?.[0])
    else if (this.#open.size >= this.#limits.total) this.#end(this.#open.keys().next().value)
    const deadline = setTimeout(() => this.#end(connection), this.#limits.idle)
    this.#open.set(connection, { source, deadline })
    connection.once('close', () => this.#forget(connection))
    return true
  }

  /** A whole message came. Parts of one do not count: a byte now and then keeps no connection open. */
  used(connection: Connection): void {
    const held = this.#open.get(connection)
    if (!held) return
    held.deadline.refresh()
    this.#open.delete(connection)
    this.#open.set(connection, held)
  }

  endAll(): void {
    for (const connection of [...this.#open.keys()]) this.#end(connection)
  }

  #end(connection: Connection | undefined): void {
    if (!connection) return
    this.#forget(connection)
    connection.destroy()
  }

  #forget(connection: Connection): void {
    clearTimeout(this.#open.get(connection)?.deadline)
    this.#open.delete(connection)
  }
}

/** Bits of an IPv6 address that its holder chooses (RFC 4291 section 2.5.1). */
const interfaceBits = 64n

/** Dual-stack sockets show IPv4 addresses inside IPv6 ones (RFC 4291 section 2.5.5.2). */
function sourceOf(address = ''): string | undefined {
  // A link-local address has its interface after it.
  const [plain = ''] = address.replace(/^::ffff:(?=\d+\.)/, '').split('%')
  const ip = parseIp(plain)
  if (!ip) return undefined
  return ip.family === 4 ? `4 ${ip.value}` : `6 ${ip.value >> interfaceBits}`
}
