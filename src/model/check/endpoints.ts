/** Checks the ports of a service's endpoints, written or imported. */
import type { SourceRange } from '../../file/index.ts'
import { formatPortRange, PortRange } from '../../net/index.ts'
import type { Endpoint, Role } from '../network.ts'
import type { Resolution } from '../resolve/resolution.ts'

/** UDP ports of a VM that its address assignment needs: DHCP (RFC 2131) and DHCPv6 (RFC 8415). */
const reservedUdp = [67, 68, 546, 547]

/** A port, or the range of ports, that an endpoint has at the VIP. */
interface AtVip {
  readonly role: Role
  readonly endpoint: Endpoint
  readonly ports: PortRange
}

export function checkEndpoints(service: string, roles: readonly Role[], { log }: Resolution): void {
  const atVip: AtVip[] = []
  for (const role of roles) {
    checkRole(role, log)
    for (const endpoint of role.endpoints) {
      if (endpoint.exposure === 'internal') continue
      const { protocol, publicPort, lastPublicPort = publicPort } = endpoint
      if (lastPublicPort < publicPort) continue
      const ports = PortRange(publicPort, lastPublicPort)
      const other = atVip.find((each) => each.endpoint.protocol === protocol && overlap(each.ports, ports))
      if (other)
        log.report(
          'GL2020',
          endpoint.at,
          `${protocol} port ${formatPortRange(ports)} at the VIP of '${service}' is taken by endpoint '${other.endpoint.name}' of role '${other.role.name}'`,
          {
            hint: 'choose another port: all roles of a service share its VIP',
            related: [{ message: 'taken here', at: other.endpoint.at }],
          },
        )
      else atVip.push({ role, endpoint, ports })
    }
  }
}

const overlap = (a: PortRange, b: PortRange): boolean => a.first <= b.last && b.first <= a.last

/** Whether two endpoints of a role would share a port of its VMs. Where the protocol is any, no port is meant. */
function sharePorts(a: Endpoint, b: Endpoint): boolean {
  if (a.protocol === 'any' || b.protocol === 'any') return false
  const both = a.protocol === b.protocol || a.protocol === 'tcp-udp' || b.protocol === 'tcp-udp'
  return both && overlap(portsOf(a), portsOf(b))
}

function checkRole(role: Role, log: Resolution['log']): void {
  const names = new Map<string, SourceRange>()
  role.endpoints.forEach((endpoint, index) => {
    const { name, at, protocol } = endpoint
    const same = names.get(name)
    if (same)
      log.report('GL2005', at, `endpoint '${name}' is given twice in role '${role.name}'`, {
        hint: 'give each endpoint of a role its own name',
        related: [{ message: 'first given here', at: same }],
      })
    else names.set(name, at)
    const ports = portsOf(endpoint)
    const reserved =
      (protocol === 'udp' || protocol === 'tcp-udp') &&
      reservedUdp.find((port) => ports.first <= port && port <= ports.last)
    if (reserved)
      log.report('GL2022', at, `UDP port ${reserved} of a VM is reserved for DHCP`, {
        hint: 'choose another local port',
      })
    const clash = role.endpoints.slice(0, index).find((other) => sharePorts(endpoint, other))
    if (clash)
      log.report(
        'GL2021',
        at,
        `${protocol} port ${formatPortRange(ports)} of the VMs of role '${role.name}' is taken by endpoint '${clash.name}'`,
        {
          hint: "choose another 'local-port'",
          related: [{ message: 'taken here', at: clash.at }],
        },
      )
  })
}

const portsOf = ({ port, lastPort }: Endpoint): PortRange => PortRange(port, lastPort)
