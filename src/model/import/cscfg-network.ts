/** `<NetworkConfiguration>`: access lists are obeyed; what says where Azure takes addresses from is not taken over, and said so. */
import type { DiagnosticLog } from '../../file/index.ts'
import { parseIp } from '../../net/index.ts'
import { type AccessLists, readAccessLists } from './cscfg-access.ts'
import { childrenNamed, notSupported, notTakenOver, required } from './mistake.ts'
import type { XmlElement } from './xml.ts'

export function readNetworkConfiguration(
  elements: readonly XmlElement[],
  { hasVips }: { readonly hasVips: boolean },
  log: DiagnosticLog,
): AccessLists {
  for (const child of elements.flatMap(({ children }) => children)) {
    if (child.name === 'VirtualNetworkSite')
      notTakenOver(
        child,
        named('virtual network', child),
        'addresses are assigned from the pools of the site',
        log,
      )
    else if (child.name === 'AddressAssignments') readAddressAssignments(child, hasVips, log)
    else if (child.name === 'Dns') readDns(child, log)
    else if (child.name !== 'AccessControls' && child.name !== 'EndpointAcls') notSupported(child, log)
  }
  return readAccessLists(elements, log)
}

function readAddressAssignments(element: XmlElement, hasVips: boolean, log: DiagnosticLog): void {
  for (const child of element.children) {
    if (child.name === 'InstanceAddress') readInstanceAddress(child, log)
    else if (child.name === 'ReservedIPs') {
      for (const reserved of childrenNamed(child, 'ReservedIP', log))
        if (!hasVips)
          notTakenOver(
            reserved,
            named('reserved address', reserved),
            "write the address under 'vips' of the service if it must not change",
            log,
          )
    } else if (child.name === 'VirtualIPs') {
      for (const vip of childrenNamed(child, 'VirtualIP', log))
        notTakenOver(
          vip,
          named('virtual IP', vip),
          'all public endpoints are at the one VIP of the service',
          log,
        )
    } else notSupported(child, log)
  }
}

function readInstanceAddress(element: XmlElement, log: DiagnosticLog): void {
  required(element, 'roleName', log)
  for (const child of element.children) {
    if (child.name === 'Subnets')
      for (const subnet of childrenNamed(child, 'Subnet', log))
        notTakenOver(
          subnet,
          named('subnet', subnet),
          "VMs have addresses from the pool 'vms' of the site",
          log,
        )
    else if (child.name === 'PublicIPs')
      for (const address of childrenNamed(child, 'PublicIP', log))
        notTakenOver(
          address,
          named('public address', address),
          'VMs are reached through the balancers alone',
          log,
        )
    else notSupported(child, log)
  }
}

function readDns(element: XmlElement, log: DiagnosticLog): void {
  for (const list of childrenNamed(element, 'DnsServers', log))
    for (const server of childrenNamed(list, 'DnsServer', log)) {
      const address = server.attributes.get('IPAddress')?.trim() ?? ''
      if (!parseIp(address))
        log.report(
          'GL1027',
          server.at,
          `<DnsServer>: IPAddress must be an address, and is '${address.slice(0, 40)}'`,
        )
      else notTakenOver(server, named('DNS server', server), 'VMs ask the name servers of their site', log)
    }
}

function named(what: string, { attributes }: XmlElement): string {
  const name = attributes.get('name')?.trim()
  return name ? `${what} '${name.slice(0, 60)}'` : what
}
