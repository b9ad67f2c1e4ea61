/** Parts of a network, each on a line, for golden cases. */
import type { LinkEnd, Node, Service } from '../../src/model/index.ts'
import { formatIp, type Ip } from '../../src/net/index.ts'

const words = (...parts: readonly (string | false)[]) =>
  parts.filter((part) => part !== false && part !== '').join(' ')
const addresses = (list: readonly Ip[]) => list.map(formatIp).join(' ')

export const formatNode = ({ kind, id, addresses: own, publicAddresses, vm, listeners }: Node): string =>
  words(
    kind,
    id,
    addresses(own),
    publicAddresses.length > 0 && `public ${addresses(publicAddresses)}`,
    vm !== undefined && `on ${vm.host} for ${vm.tenant}`,
    listeners.map((l) => `${l.name}=${l.protocol}:${l.port}:${l.application}`).join(' '),
  )

export const formatLinkEnd = ({ node, interface: name, mac, linkLocal }: LinkEnd): string =>
  `${node}:${name} ${mac} ${formatIp(linkLocal)}`

export const formatService = ({ name, tenant, roles, deployments }: Service): string[] => [
  `service ${name} of ${tenant}`,
  ...deployments.map(({ dnsName, vips }) => `  ${words(dnsName, addresses(vips))}`),
  ...roles.flatMap((role) => [
    `  ${role.kind} role ${role.name}, ${role.instances} instances`,
    ...role.endpoints.map(
      (e) =>
        `    ${e.exposure} ${e.name} ${e.protocol} ${e.publicPort} to ${e.port} ${e.application} (${e.at.file}:${e.at.line})`,
    ),
  ]),
]
