/** Checks the ports of a service's endpoints, written or imported. */
import type { SourceRange } from '../../file/index.ts'
import { formatPortRange, type PortRange } from '../../net/index.ts'
import { portsAtVip, portsAtVm, reservedPortOf, sharePortAtVip, sharePortAtVm } from '../endpoint-ports.ts'
import type { Endpoint, Role } from '../network.ts'
import type { Resolution } from '../resolve/resolution.ts'

interface AtVip {
  readonly role: Role
  readonly endpoint: Endpoint
}

export function checkEndpoints(service: string, roles: readonly Role[], { log }: Resolution): void {
  const atVip: AtVip[] = []
  for (const role of roles) {
    checkRole(role, log)
    for (const endpoint of role.endpoints) {
      if (!portsAtVip(endpoint)) continue
      const { protocol } = endpoint
      const other = atVip.find((each) => sharePortAtVip(each.endpoint, endpoint))
      if (other)
        log.report(
          'GL2020',
          endpoint.at,
          `${protocol} port ${formatPortRange(portsAtVip(endpoint) as PortRange)} at the VIP of '${service}' is taken by endpoint '${other.endpoint.name}' of role '${other.role.name}'`,
          {
            hint: 'choose another port: all roles of a service share its VIP',
            related: [{ message: 'taken here', at: other.endpoint.at }],
          },
        )
      else atVip.push({ role, endpoint })
    }
  }
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
    const reserved = reservedPortOf(endpoint)
    if (reserved)
      log.report('GL2022', at, `UDP port ${reserved} of a VM is reserved for DHCP`, {
        hint: 'choose another local port',
      })
    const clash = role.endpoints.slice(0, index).find((other) => sharePortAtVm(endpoint, other))
    if (clash)
      log.report(
        'GL2021',
        at,
        `${protocol} port ${formatPortRange(portsAtVm(endpoint))} of the VMs of role '${role.name}' is taken by endpoint '${clash.name}'`,
        {
          hint: "choose another 'local-port'",
          related: [{ message: 'taken here', at: clash.at }],
        },
      )
  })
}
