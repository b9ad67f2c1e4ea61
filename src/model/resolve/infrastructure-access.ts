/** The categories of a template's infrastructure services, resolved for one site. */
import type { CountedMachine, TemplateFile } from '../../file/index.ts'
import { type Ip, parseIp } from '../../net/index.ts'
import type { InfrastructureAccess, InfrastructureService, NodeKind, Site } from '../network.ts'
import type { Resolution } from './resolution.ts'

type Written = NonNullable<TemplateFile['infrastructure'][InfrastructureService]>

/** The machines that offer each service. */
export const offeredBy: Readonly<Record<InfrastructureService, CountedMachine>> = {
  dns: 'name-servers',
  fabric: 'fabric-controllers',
  agent: 'hosts',
  storage: 'storage-nodes',
  activation: 'activation-servers',
  ssh: 'jump-boxes',
}

const kindOf: Readonly<Record<Written['clients'][number], NodeKind>> = {
  'name-servers': 'name-server',
  'fabric-controllers': 'fabric-controller',
  'jump-boxes': 'jump-box',
  'storage-nodes': 'storage',
  'activation-servers': 'activation-server',
  hosts: 'host',
  vms: 'vm',
}

export const infrastructureServices = Object.keys(offeredBy) as InfrastructureService[]

/** Of one site. What was found wrong before is left out: then no network is made. */
export function infrastructureOf(
  site: string,
  templateName: string,
  { file, keyAt }: Resolution,
): Site['infrastructure'] {
  const template = file.templates[templateName]
  const entries = infrastructureServices.flatMap((service) => {
    const written = template?.infrastructure[service]
    if (written?.category === undefined) return []
    const { category, clients, dips } = written
    const addresses = dips.map(parseIp).filter((address): address is Ip => address !== undefined)
    const access: InfrastructureAccess = Object.freeze({
      category: category as 1 | 2 | 3,
      clients: Object.freeze(clients.map((client) => kindOf[client])),
      nodes: Object.freeze(dips.filter((text) => !parseIp(text)).map((text) => clientId(site, text))),
      addresses: Object.freeze(addresses),
      at: keyAt('templates', templateName, 'infrastructure', service),
    })
    return [[service, access] as const]
  })
  return Object.freeze(Object.fromEntries(entries))
}

/** Names without a slash are of the same site. */
export const clientId = (site: string, name: string): string =>
  name.includes('/') ? name : `${site}/${name}`
