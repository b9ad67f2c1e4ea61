/** Cloud services as the `services` section of a network file: a reference to their files, or written out. */
import { dirname, join } from 'node:path'
import { Document } from 'yaml'
import { formatPrefix } from '../../net/index.ts'
import type { Endpoint, Role } from '../network.ts'
import { type CloudService, configurationNames } from './cloud-service.ts'

export interface ServiceYamlOptions {
  /** Whose they are; default: each its own name. */
  readonly tenant?: string
  readonly sites: readonly string[]
  /** Write the roles out, so that the definition is no longer needed. */
  readonly writeOut: boolean
  /** Path of a file from where the network file is to stand. */
  pathOf(file: string): string
}

/** YAML text that `loadNetwork` reads. Services without roles (they have mistakes) are left out. */
export function serviceYaml(services: readonly CloudService[], options: ServiceYamlOptions): string {
  const names = new Labels()
  const document = new Document({ services: {} })
  for (const service of services) {
    if (!service.roles) continue
    const name = names.of(service.name)
    const value = document.createNode({
      tenant: options.tenant ?? name,
      sites: options.sites,
      ...(options.writeOut ? { roles: rolesFile(service.roles) } : reference(service, options)),
    })
    if (!options.writeOut)
      value.comment = service.roles
        .flatMap(describe)
        .map((line) => ` ${line}`)
        .join('\n')
    document.setIn(['services', name], value)
  }
  return document.toString({ lineWidth: 120, flowCollectionPadding: true })
}

function reference({ definition, configuration }: CloudService, { pathOf }: ServiceYamlOptions) {
  const beside = configurationNames.map((name) => join(dirname(definition), name))
  const isFound = configuration === undefined || beside.includes(configuration)
  return {
    service: pathOf(definition),
    ...(isFound ? {} : { configuration: pathOf(configuration) }),
  }
}

function describe({ name, kind, instances, endpoints }: Role): string[] {
  const count = `${instances} ${instances === 1 ? 'instance' : 'instances'}`
  return [`${kind} role ${name}, ${count}`, ...endpoints.map((endpoint) => `  ${describeEndpoint(endpoint)}`)]
}

function describeEndpoint({
  name,
  exposure,
  protocol,
  publicPort,
  port,
  lastPort,
  only,
  acl,
}: Endpoint): string {
  const ports = lastPort === undefined ? `${port}` : `${port}-${lastPort}`
  const at = {
    public: `port ${publicPort} of the VIP, ${port} of the VMs`,
    instance: `ports ${publicPort} and on of the VIP, ${port} of the VMs`,
    internal: protocol === 'any' ? 'every port' : `port ${ports}`,
  }[exposure]
  const narrowed = only
    ? `, from ${only.from.join(', ') || 'no role'}`
    : acl
      ? `, access list '${acl.name}'`
      : ''
  return `${exposure} ${name}: ${protocol}, ${at}${narrowed}`
}

function rolesFile(roles: readonly Role[]) {
  const names = new Labels()
  const labels = new Map(roles.map(({ name }) => [name, names.of(name)]))
  return Object.fromEntries(
    roles.map((role) => {
      const endpointNames = new Labels()
      const section = (exposure: Endpoint['exposure']) =>
        Object.fromEntries(
          role.endpoints
            .filter((endpoint) => endpoint.exposure === exposure)
            .map((endpoint) => [endpointNames.of(endpoint.name), endpointFile(endpoint, labels)]),
        )
      const sections = {
        public: section('public'),
        'instance-endpoints': section('instance'),
        internal: section('internal'),
      }
      const filled = Object.entries(sections).filter(([, endpoints]) => Object.keys(endpoints).length > 0)
      const { kind, instances } = role
      return [labels.get(role.name), { kind, instances, ...Object.fromEntries(filled) }]
    }),
  )
}

function endpointFile(endpoint: Endpoint, roles: ReadonlyMap<string, string>) {
  const { exposure, publicPort, lastPublicPort, port, lastPort, only, acl } = endpoint
  const spoken = endpoint.application === 'echo' ? endpoint.protocol : endpoint.application
  const list = acl?.rules.map(({ action, sources }) => ({ [action]: sources.map(formatPrefix) }))
  switch (exposure) {
    case 'public':
      return {
        protocol: spoken,
        port: publicPort,
        ...(port !== publicPort && { 'local-port': port }),
        ...(list && { acl: list }),
      }
    case 'instance':
      return {
        protocol: spoken,
        port: publicPort,
        'last-port': lastPublicPort,
        'local-port': port,
        ...(list && { acl: list }),
      }
    case 'internal':
      return {
        protocol: spoken,
        ...(endpoint.protocol !== 'any' && { port }),
        ...(lastPort !== undefined && { 'last-port': lastPort }),
        ...(only && { from: only.from.map((name) => roles.get(name)) }),
      }
  }
}

/** Names of Azure as names of a network file: DNS labels in lower case, each once. */
class Labels {
  readonly #taken = new Set<string>()

  of(name: string): string {
    const plain = name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^[^a-z]+|-+$/g, '')
      .slice(0, 40)
    const label = plain.replace(/-+$/, '') || 'unnamed'
    let unique = label
    for (let n = 2; this.#taken.has(unique); n++) unique = `${label}-${n}`
    this.#taken.add(unique)
    return unique
  }
}
