/** The roles of a service, written in the network file or imported. */
import { dirname, join } from 'node:path'
import {
  type AccessRuleFile,
  type InternalEndpointFile,
  type Path,
  type ServiceFile,
  type SourceRange,
  type SourceText,
  suggestion,
} from '../../file/index.ts'
import { prefix } from '../../net/index.ts'
import { configurationNames } from '../import/cloud-service.ts'
import { importCsdef } from '../import/csdef.ts'
import type { AccessList, Endpoint, Role, RoleSources } from '../network.ts'
import type { Resolution } from './resolution.ts'

export function rolesOf(service: string, written: ServiceFile, resolution: Resolution): readonly Role[] {
  if (written.import || written.service !== undefined) return importedRoles(service, written, resolution)
  const names = Object.keys(written.roles ?? {})
  return Object.entries(written.roles ?? {}).map(([name, role]): Role => {
    const path = ['services', service, 'roles', name] as const
    const each = <File>(
      key: 'public' | 'instance-endpoints' | 'internal',
      files: Readonly<Record<string, File>>,
      make: (file: File, at: SourceRange, path: Path) => Omit<Endpoint, 'name' | 'at'>,
    ) =>
      Object.entries(files).map(([endpoint, file]): Endpoint => {
        const at = resolution.keyAt(...path, key, endpoint)
        return Object.freeze({ name: endpoint, at, ...make(file, at, [...path, key, endpoint]) })
      })
    const endpoints = [
      ...each('public', role.public, (file, _, at) => ({
        exposure: 'public' as const,
        ...spoken(file.protocol),
        publicPort: file.port,
        port: file['local-port'] ?? file.port,
        ...accessList(file.acl, at, resolution),
      })),
      ...each('instance-endpoints', role['instance-endpoints'], (file, place, at) => {
        checkInstancePorts(
          file.port,
          file['last-port'],
          { name, instances: role.instances },
          place,
          resolution,
        )
        return {
          exposure: 'instance' as const,
          ...spoken(file.protocol),
          publicPort: file.port,
          lastPublicPort: file['last-port'],
          port: file['local-port'],
          ...accessList(file.acl, at, resolution),
        }
      }),
      ...each('internal', role.internal, (file, place, at) => internal(file, names, place, at, resolution)),
    ]
    return Object.freeze({
      name,
      kind: role.kind,
      at: resolution.keyAt(...path),
      instances: role.instances,
      endpoints: Object.freeze(endpoints),
    })
  })
}

const spoken = (protocol: 'http' | 'https' | 'tcp' | 'udp'): Pick<Endpoint, 'protocol' | 'application'> => ({
  protocol: protocol === 'udp' ? 'udp' : 'tcp',
  application: protocol === 'http' || protocol === 'https' ? protocol : 'echo',
})

function internal(
  file: InternalEndpointFile,
  roles: readonly string[],
  at: SourceRange,
  path: Path,
  resolution: Resolution,
): Omit<Endpoint, 'name' | 'at'> {
  const { protocol, port: first, 'last-port': last } = file
  if (protocol === 'any') {
    for (const key of ['port', 'last-port', 'local-port'] as const)
      if (file[key] !== undefined)
        resolution.log.report(
          'GL2025',
          resolution.keyAt(...path, key),
          `'${key}' has no meaning with 'any'`,
          {
            hint: "remove it, or take 'tcp-udp' for both protocols on one port",
          },
        )
  } else if (first === undefined)
    resolution.log.report('GL1009', at, "the key 'port' is missing", {
      hint: "add 'port:'; with the protocol 'any' alone it is left out",
    })
  const port = protocol === 'any' ? 0 : (file['local-port'] ?? first ?? 1)
  if (last !== undefined && last < port)
    resolution.log.report(
      'GL2025',
      resolution.keyAt(...path, 'last-port'),
      `the range from ${port} to ${last} is reversed`,
      { hint: "'last-port' is not below 'port'" },
    )
  const lastPort = last !== undefined && last > port && protocol !== 'any' ? { lastPort: last } : {}
  return {
    exposure: 'internal',
    ...(protocol === 'any' || protocol === 'tcp-udp'
      ? { protocol, application: 'echo' as const }
      : spoken(protocol)),
    publicPort: port,
    port,
    ...lastPort,
    ...(file.from && { only: roleSources(file.from, roles, path, resolution) }),
  }
}

function roleSources(
  from: readonly string[],
  roles: readonly string[],
  path: Path,
  { log, keyAt, valueAt }: Resolution,
): RoleSources {
  from.forEach((name, index) => {
    if (!roles.includes(name))
      log.report('GL2001', valueAt(...path, 'from', index), `there is no role '${name}' in this service`, {
        hint: suggestion(name, roles, 'its roles are'),
      })
  })
  return Object.freeze({ from: Object.freeze([...new Set(from)]), at: keyAt(...path, 'from') })
}

function accessList(
  written: readonly AccessRuleFile[] | undefined,
  path: Path,
  { log, keyAt, valueAt }: Resolution,
): { readonly acl?: AccessList } {
  if (!written) return {}
  const rules = written.flatMap((rule, index) => {
    const given = (['allow', 'deny'] as const).filter((action) => rule[action])
    if (given.length !== 1)
      log.report('GL2025', valueAt(...path, 'acl', index), "an entry says either 'allow' or 'deny'", {
        hint: 'write two entries: their order says which is asked first',
      })
    return given.map((action) =>
      Object.freeze({
        action,
        sources: Object.freeze((rule[action] ?? []).map(prefix)),
        at: keyAt(...path, 'acl', index, action),
      }),
    )
  })
  const name = String(path.at(-1))
  return { acl: Object.freeze({ name, at: keyAt(...path, 'acl'), rules: Object.freeze(rules) }) }
}

function checkInstancePorts(
  first: number,
  last: number,
  role: Pick<Role, 'name' | 'instances'>,
  at: SourceRange,
  { log }: Resolution,
): void {
  const count = Math.max(0, last - first + 1)
  if (count < role.instances)
    log.report(
      'GL2024',
      at,
      `${count} public ports are too few for ${role.instances} instances of role '${role.name}'`,
      { hint: "raise 'last-port', or lower 'instances'" },
    )
}

function importedRoles(service: string, written: ServiceFile, resolution: Resolution): readonly Role[] {
  const files = written.import
    ? read(
        ['import', 'definition'],
        written.import.definition,
        ['import', 'configuration'],
        written.import.configuration,
      )
    : read(
        ['service'],
        written.service ?? '',
        ['configuration'],
        written.configuration ?? configurationBeside(),
      )
  if (!files) return []
  const options = { hasVips: Object.keys(written.vips).length > 0 }
  return importCsdef(files.definition, files.configuration, resolution.log, options)

  function configurationBeside(): string | undefined {
    const beside = configurationNames.map((name) => join(dirname(written.service ?? ''), name))
    return beside.find((name) => resolution.canImport(name))
  }

  function read(
    definitionKey: Path,
    definition: string,
    configurationKey: Path,
    configuration: string | undefined,
  ): { readonly definition: SourceText; readonly configuration?: SourceText } | undefined {
    const at = (key: Path) => resolution.valueAt('services', service, ...key)
    const definitionText = resolution.readImport(definition, at(definitionKey))
    if (configuration === undefined) return definitionText && { definition: definitionText }
    const place = written.import || written.configuration ? configurationKey : definitionKey
    const configurationText = resolution.readImport(configuration, at(place))
    return definitionText && configurationText
      ? { definition: definitionText, configuration: configurationText }
      : undefined
  }
}
