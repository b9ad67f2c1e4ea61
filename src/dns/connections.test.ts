import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Connections } from './connections.ts'

class Client extends EventEmitter {
  readonly remoteAddress: string | undefined
  ended = false

  constructor(remoteAddress: string | undefined) {
    super()
    this.remoteAddress = remoteAddress
  }

  destroy(): void {
    if (this.ended) return
    this.ended = true
    this.emit('close')
  }
}

let connections: Connections
beforeEach(() => {
  vi.useFakeTimers()
  connections = new Connections({ total: 6, perSource: 3, idle: 10_000 })
})
afterEach(() => {
  connections.endAll()
  vi.useRealTimers()
})

function admit(...addresses: readonly string[]): readonly Client[] {
  const clients = addresses.map((address) => new Client(address))
  for (const client of clients) expect(connections.admit(client)).toBe(true)
  return clients
}

const ended = (clients: readonly Client[]): readonly boolean[] => clients.map((client) => client.ended)

describe('the connections of a listening socket', () => {
  it.each([
    ['IPv4', '192.0.2.1', '192.0.2.1', '192.0.2.2'],
    ['IPv4 on a dual-stack socket', '::ffff:192.0.2.1', '192.0.2.1', '::ffff:192.0.2.2'],
    ['IPv6, a /64', '2001:db8::1', '2001:db8::ffff:0:0:2', '2001:db8:0:1::1'],
    ['IPv6 on a link', 'fe80::1%eth0', 'fe80::2%eth0', '2001:db8::1'],
  ])('of a source are limited, and others are left alone: %s', (_, one, same, other) => {
    const clients = admit(other, one, same, one)
    expect(ended(clients)).toEqual([false, false, false, false])
    const more = admit(same, one)
    expect(ended(clients)).toEqual([false, true, true, false])
    expect(ended(more)).toEqual([false, false])
    expect(connections.size).toBe(4)
  })

  it('make room for a new one when all are taken: the longest idle ends', () => {
    const clients = admit('192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.5', '192.0.2.6')
    connections.used(clients[0] as Client)
    admit('192.0.2.7')
    expect(ended(clients)).toEqual([false, true, false, false, false, false])
    expect(connections.size).toBe(6)
  })

  it('are free again when they have closed', () => {
    const clients = admit('192.0.2.1', '192.0.2.1', '192.0.2.1')
    clients[1]?.destroy()
    admit('192.0.2.1')
    expect(ended(clients)).toEqual([false, true, false])
  })

  it('end when no whole message came for so long', () => {
    const [quiet, busy] = admit('192.0.2.1', '192.0.2.2') as [Client, Client]
    vi.advanceTimersByTime(9999)
    connections.used(busy)
    expect(ended([quiet, busy])).toEqual([false, false])
    vi.advanceTimersByTime(1)
    expect(ended([quiet, busy])).toEqual([true, false])
    vi.advanceTimersByTime(9999)
    expect(ended([busy])).toEqual([true])
    expect(connections.size).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('are not held for a client that is gone, nor revived', () => {
    const gone = new Client(undefined)
    expect(connections.admit(gone)).toBe(false)
    expect(gone.ended).toBe(true)
    const [closed] = admit('192.0.2.1') as [Client]
    closed.destroy()
    connections.used(closed)
    expect(connections.size).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})
