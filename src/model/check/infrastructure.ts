/** Checks what the templates say of the categories of their infrastructure services (R24). */
import { suggestion, type TemplateFile } from '../../file/index.ts'
import { formatIp, parseIp, prefix, prefixContains } from '../../net/index.ts'
import type { InfrastructureService, Node, SiteFrame } from '../network.ts'
import { clientId, infrastructureServices, offeredBy } from '../resolve/infrastructure-access.ts'
import type { Resolution } from '../resolve/resolution.ts'

/** Checks the categories of every template that a site is built from. */
export function checkInfrastructure(resolution: Resolution): void {
  const { file } = resolution
  const used = new Set(Object.values(file.sites).map(({ template }) => template))
  for (const [name, template] of Object.entries(file.templates))
    if (used.has(name))
      for (const service of infrastructureServices) checkService(name, template, service, resolution)
}

function checkService(
  name: string,
  template: TemplateFile,
  service: InfrastructureService,
  resolution: Resolution,
): void {
  const { log, keyAt, valueAt } = resolution
  const written = template.infrastructure[service]
  const path = ['templates', name, 'infrastructure', service] as const
  if (written?.category === undefined) {
    if (resolution.isIncomplete('templates', name) || (!written && template[offeredBy[service]] === 0)) return
    log.report(
      'GL2060',
      written ? keyAt(...path) : keyAt('templates', name),
      `'${service}' of template '${name}' states no category`,
      { hint: `write ${written ? '' : `under 'infrastructure:', `}${example(service)}` },
    )
    return
  }
  const { category, clients, dips } = written
  const categoryAt = valueAt(...path, 'category')
  if ((category === 1) !== (service === 'dns')) {
    const hint = `write ${example(service)}`
    const message =
      service === 'dns'
        ? 'the name service stands behind the balancers: it is of category 1'
        : `'${service}' has no VIP: it cannot be of category 1`
    log.report('GL2061', categoryAt, message, { hint })
    return
  }
  const named = clients.length + dips.length
  if (category === 1 && named > 0)
    log.report(
      'GL2062',
      keyAt(...path),
      `'${service}' is of category 1, open to all, and yet names clients`,
      {
        hint: "remove 'clients:' and 'dips:'",
      },
    )
  if (category !== 1 && named === 0 && !resolution.isIncomplete('templates', name))
    log.report('GL2062', keyAt(...path), `'${service}' is of category ${category} and names no client`, {
      hint: `write ${example(service)}`,
    })
  if (category !== 2) return
  clients.forEach((client, index) => {
    if (client === 'vms')
      log.report('GL2062', valueAt(...path, 'clients', index), 'VMs have no certificate of the platform', {
        hint: "remove 'vms', or choose category 3",
      })
  })
  dips.forEach((dip, index) => {
    if (parseIp(dip))
      log.report('GL2062', valueAt(...path, 'dips', index), `the address ${dip} has no certificate`, {
        hint: 'name the machine instead, or choose category 3',
      })
  })
}

const example = (service: InfrastructureService): string => {
  if (service === 'dns') return 'dns: { category: 1 }'
  const clients: Record<Exclude<InfrastructureService, 'dns'>, string> = {
    fabric: '{ category: 2, clients: [hosts] }',
    agent: '{ category: 2, clients: [fabric-controllers, jump-boxes] }',
    storage: '{ category: 2, clients: [hosts] }',
    activation: '{ category: 3, clients: [vms] }',
    ssh: '{ category: 3, dips: [fc1] }',
  }
  return `${service}: ${clients[service]}`
}

/** Checks, with every machine known, that the enumerated clients are there. */
export function checkEnumerated(
  sites: readonly SiteFrame[],
  nodes: readonly Node[],
  resolution: Resolution,
): void {
  const { file, log, valueAt } = resolution
  const ids = new Set(nodes.filter(({ site }) => site !== undefined).map(({ id }) => id))
  const internal = file.internal.map(prefix)
  const ownOf = (site: string): readonly string[] =>
    [...ids].filter((id) => id.startsWith(`${site}/`)).map((id) => id.slice(site.length + 1))
  const reported = new Set<string>()
  for (const { name: site, template } of sites)
    for (const service of infrastructureServices) {
      const { dips = [], category } = file.templates[template]?.infrastructure[service] ?? {}
      dips.forEach((text, index) => {
        const place = `${template} ${service} ${index}`
        const address = parseIp(text)
        const isThere = address
          ? internal.some((p) => prefixContains(p, address))
          : ids.has(clientId(site, text))
        const at = valueAt('templates', template, 'infrastructure', service, 'dips', index)
        if (reported.has(place)) return
        if (!isThere) {
          reported.add(place)
          const message = address
            ? `${formatIp(address)} is not an internal address`
            : `there is no machine '${clientId(site, text)}'`
          const hint = address
            ? "choose an address within the network's 'internal' prefixes"
            : suggestion(text, text.includes('/') ? ids : ownOf(site), 'machines are')
          log.report('GL2063', at, message, { hint })
        } else if (category === 2 && !address && nodes.find(({ id }) => id === clientId(site, text))?.vm) {
          reported.add(place)
          log.report('GL2062', at, 'VMs have no certificate of the platform', {
            hint: `remove '${text}', or choose category 3`,
          })
        }
      })
    }
}
