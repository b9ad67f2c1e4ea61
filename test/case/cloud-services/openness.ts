/** What a Cloud Service opens, and to whom, as its enforcement points say: a set of sentences, so that two services can be compared. */
import { type Network, nodesOfKind, virtualEndpoints } from '../../../src/model/index.ts'
import { formatIp, type Ip, ip, Protocol } from '../../../src/net/index.ts'
import { derivePolicy, EgressTable, FlowTable, judge, type Point } from '../../../src/policy/index.ts'
import type { IpHeaders } from '../../../src/wire/index.ts'

const opening = (source: Ip, destination: Ip, protocol: number, destinationPort: number): IpHeaders => ({
  kind: 'ip',
  family: source.family,
  source,
  destination,
  protocol,
  hopLimit: 64,
  sourcePort: 40_000,
  destinationPort,
  tcpFlags: protocol === Protocol.tcp ? 0x02 : 0,
  icmpType: 0,
  icmpCode: 0,
})

const lets = (point: Point, packet: IpHeaders): boolean =>
  judge(point, packet, { flows: new FlowTable(), egress: new EgressTable(), now: 0n }).verdict === 'allow'

/**
 * `tcp 80 of the VIP from 9.9.9.9`, `tcp 9200 of Store from Front`. Asked are all ports that the service itself declares, of a source list
 * and of a VM of each role, over both families.
 */
export function openness(network: Network, sources: readonly string[]): ReadonlySet<string> {
  const { points } = derivePolicy(network)
  const point = (id: string) => points.find((candidate) => candidate.id === id) as Point
  const found = new Set<string>()
  const outer = point('west/lb1/external/in')
  for (const { vip, protocol, port, owner } of virtualEndpoints(network)) {
    if (owner.kind !== 'service') continue
    for (const source of sources.map(ip).filter(({ family }) => family === vip.family))
      if (lets(outer, opening(source, vip, protocol, port)))
        found.add(`${protocol} ${port} of the VIP from ${formatIp(source)}`)
  }
  const vms = nodesOfKind(network, 'west', 'vm').filter(({ vm }) => vm?.instance === 0)
  for (const target of vms) {
    const role = network.services[0]?.roles.find(({ name }) => name === target.vm?.role)
    const ports = (role?.endpoints ?? [])
      .filter(({ exposure }) => exposure === 'internal')
      .flatMap(({ port, lastPort }) => [port, lastPort ?? port])
    for (const source of vms)
      for (const port of new Set([...ports, 7]))
        for (const protocol of [Protocol.tcp, Protocol.udp])
          for (const family of [4, 6]) {
            const [from, to] = [source, target].map(
              ({ addresses }) => addresses.find((address) => address.family === family) as Ip,
            ) as [Ip, Ip]
            if (lets(point(`${target.vm?.host}/vm/${target.name}/in`), opening(from, to, protocol, port)))
              found.add(`${protocol} ${port} of ${target.vm?.role} from ${source.vm?.role} over IPv${family}`)
          }
  }
  return found
}
