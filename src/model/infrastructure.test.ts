import { describe, expect, it } from 'vitest'
import { formatPrefix } from '../net/index.ts'
import { authorisedNodes, infrastructureClients } from './infrastructure.ts'
import { parseNetwork } from './load.ts'
import type { Network, Node } from './network.ts'
import { nodeById } from './select.ts'
import { smallNetwork } from './testing/small-network.ts'

const parse = (text: string): Network => {
  const { network, diagnostics } = parseNetwork(text)
  if (!network) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return network
}

function clientsOf(network: Network, id: string, name: string) {
  const node = nodeById(network, id) as Node
  const listener = node.listeners.find((l) => l.name === name)
  if (!listener) throw new Error(`test: ${id} has no listener ${name}`)
  const clients = infrastructureClients(network, node, listener)
  return clients && [clients.category, clients.sources?.map(formatPrefix)]
}

describe('clients of the infrastructure', () => {
  const network = parse(smallNetwork)

  it('are all for category 1', () => {
    expect(clientsOf(network, 'west/ns1', 'dns')).toEqual([1, undefined])
  })

  it('are the addresses of machines of the kinds that category 2 names', () => {
    expect(clientsOf(network, 'west/fc1', 'fabric')).toEqual([
      2,
      ['10.16.2.1/32', 'fd00:0:16:2::1/128', '10.16.2.2/32', 'fd00:0:16:2::2/128'],
    ])
  })

  it('are the pool of DIPs where VMs are named', () => {
    expect(clientsOf(network, 'west/activation1', 'activation')).toEqual([
      3,
      ['10.16.64.0/18', 'fd00:0:16:3::/64'],
    ])
  })

  it('are enumerated by name or address, each once', () => {
    const text = smallNetwork.replace('dips: [fc1]', 'dips: [fc1, west/fc1, 10.16.1.77, west/shop-web-0]')
    expect(clientsOf(parse(text), 'west/jump1', 'ssh')).toEqual([
      3,
      ['10.16.1.2/32', 'fd00:0:16:1::2/128', '10.16.64.1/32', 'fd00:0:16:3::1/128', '10.16.1.77/32'],
    ])
  })

  it('are nobody where a listener is no infrastructure', () => {
    const vm = nodeById(network, 'west/shop-web-0') as Node
    const [listener] = vm.listeners
    expect(listener && infrastructureClients(network, vm, listener)).toBeUndefined()
  })

  it('bear certificates in category 2 alone', () => {
    const ids = (id: string) => {
      const node = nodeById(network, id) as Node
      return node.listeners.flatMap((listener) => authorisedNodes(network, node, listener)).map((n) => n.id)
    }
    expect(ids('west/host1')).toEqual(['west/fc1', 'west/jump1'])
    expect(ids('west/activation1')).toEqual([])
    expect(ids('west/ns1')).toEqual([])
  })

  it('decide what is spoken', () => {
    const spoken = ['west/ns1', 'west/fc1', 'west/host1', 'west/storage1', 'west/activation1', 'west/jump1']
    expect(
      spoken.map((id) => nodeById(network, id)?.listeners.findLast((l) => l.service)?.application),
    ).toEqual(['dns', 'mutual-tls', 'mutual-tls', 'mutual-tls', 'echo', 'echo'])
  })
})
