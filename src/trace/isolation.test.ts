/** What a hostile review broke once, as facts that hold. */
import { describe, expect, it } from 'vitest'
import { loadNetwork } from '../model/index.ts'
import { type Ip, ip, Protocol } from '../net/index.ts'
import { derivePolicy } from '../policy/index.ts'
import { buildFrame, type IpHeaders, readHeaders } from '../wire/index.ts'
import { createWorld, type End, WorldState, walk } from './index.ts'

const { network } = loadNetwork('examples/two-sites/network.yaml')
if (!network) throw new TypeError('load the example: it has mistakes')
const world = createWorld(network, derivePolicy(network))

const addressOf = (node: string, family: 4 | 6): Ip =>
  world.node(node).addresses.find((a) => a.family === family) as Ip

function endOf(from: string, packet: IpHeaders): End {
  return (walk(world, new WorldState(), from, packet)[0] as { end: End }).end
}

const udp = (source: Ip, sourcePort: number, destination: Ip, destinationPort: number): IpHeaders => ({
  kind: 'ip',
  family: source.family,
  source,
  destination,
  protocol: Protocol.udp,
  hopLimit: 64,
  sourcePort,
  destinationPort,
  tcpFlags: 0,
  icmpType: 0,
  icmpCode: 0,
})

describe('isolation', () => {
  it('neighbour discovery to an address that is routed is no talk on the link, and ends at the port', () => {
    const names = ['router-solicitation', 'router-advertisement', 'neighbour-solicitation']
    for (const [index, name] of [...names, 'neighbour-advertisement', 'redirect'].entries()) {
      const type = 133 + index
      const source = addressOf('west/hello-geo-webrole-0', 6)
      const ip6 = { source, destination: addressOf('west/fc1', 6), hopLimit: 255, protocol: Protocol.icmp6 }
      const segment = new Uint8Array(32)
      segment[0] = type
      const headers = readHeaders(buildFrame({ ip: ip6, payload: segment }))
      if (headers.kind !== 'ip') throw new TypeError(`read type ${type}: it is ${headers.reason}`)
      expect(endOf('west/hello-geo-webrole-0', headers)).toMatchObject({
        kind: 'denied',
        rule: { id: `server/icmp6-${name}` },
      })
    }
  })

  it('a host partition hears no port from a name server that it did not ask', () => {
    for (const family of [4, 6] as const) {
      const [server, host] = [addressOf('west/ns1', family), addressOf('west/host1', family)]
      expect(endOf('west/ns1', udp(server, 53, host, 9999))).toMatchObject({
        kind: 'denied',
        rule: { id: 'default/deny' },
      })
    }
  })

  it("a backend's own port opens no undeclared port of a VIP", () => {
    const source = addressOf('west/shop-web-0', 4)
    const packet: IpHeaders = {
      ...udp(source, 8443, ip('198.51.100.40'), 22),
      protocol: Protocol.tcp,
      tcpFlags: 0x02,
    }
    expect(endOf('west/shop-web-0', packet)).toMatchObject({ kind: 'denied', rule: { id: 'vip/undeclared' } })
  })

  it("a connection that a VM opens from its endpoint's port does not bear the VIP", () => {
    const source = addressOf('west/shop-web-0', 4)
    const opening = { ...udp(source, 8443, ip('192.0.2.1'), 25), protocol: Protocol.tcp, tcpFlags: 0x02 }
    const [path] = walk(world, new WorldState(), 'west/shop-web-0', opening)
    expect(path?.end.kind).toBe('delivered')
    const balancer = world.node('west/lb1')
    expect(path?.packet.source).toEqual(balancer.publicAddresses.find(({ family }) => family === 4))
  })

  it('a VM without an address speaks to nobody but the DHCP broadcast', () => {
    const packet = udp(ip('0.0.0.0'), 68, addressOf('west/shop-web-1', 4), 67)
    expect(endOf('west/shop-web-0', packet)).toMatchObject({ kind: 'denied', rule: { id: 'own/spoofed' } })
  })
})
