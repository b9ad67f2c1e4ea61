/** A checked network file becomes the network: references are followed, addresses assigned, VMs placed. */

import { hasErrors, parseDuration, suggestion } from '../../file/index.ts'
import { type Ip, prefix } from '../../net/index.ts'
import { bogonsWithout } from '../bogons.ts'
import { checkAccessLists } from '../check/access-lists.ts'
import { auditedTiers } from '../check/audit.ts'
import { checkEndpoints } from '../check/endpoints.ts'
import { checkGroups } from '../check/groups.ts'
import { checkEnumerated, checkInfrastructure } from '../check/infrastructure.ts'
import { checkServiceName, checkVmNames, type VmNames } from '../check/names.ts'
import { checkPassedBy } from '../check/passed-by.ts'
import { checkPrefixes } from '../check/prefixes.ts'
import { checkOnePerFamily, checkServiceForm, checkServiceVips } from '../check/service.ts'
import { isBuildable, VmBudget } from '../check/size.ts'
import { AddressBook, type NamedNetwork } from '../filter/address-book.ts'
import { FilterReader } from '../filter/site-filters.ts'
import type { Deployment, Network, Node, Role, Service, Site, SiteFrame, SitePorts } from '../network.ts'
import { AddressPool } from './address-pool.ts'
import { resolveExceptions } from './exceptions.ts'
import { resolveExpectations } from './expectations.ts'
import { infrastructureOf } from './infrastructure-access.ts'
import { knownNode } from './known-node.ts'
import { knownService } from './known-service.ts'
import { checkLimits, siteLimits } from './limits.ts'
import { serviceRatings, siteRatings } from './ratings.ts'
import type { Resolution } from './resolution.ts'
import { rolesOf } from './service-roles.ts'
import { type Placement, placeVms } from './service-vms.ts'
import { joinRows, joinSites, makeSiteNodes, type SiteNodes } from './site-nodes.ts'
import { explicitOrNext, makePools, reportExhausted, type SitePools } from './site-pools.ts'

interface ResolvedSite extends Placement {
  readonly value: SiteFrame
  readonly nodes: SiteNodes
}

export interface ResolvedNetwork {
  readonly network: Network
  /** What its names stand for. */
  readonly named: NamedNetwork
}

/** Mistakes are in the resolution's log; the network is of use only if there are no errors in it. */
export function resolveNetwork(resolution: Resolution, fileName: string): ResolvedNetwork | undefined {
  const { file, links, log } = resolution
  checkPrefixes(resolution)
  if (!isBuildable(resolution)) return undefined
  checkInfrastructure(resolution)
  checkLimits(resolution)
  const pools = makePools(resolution)
  const internet = makeInternet(resolution)
  const sites = new Map<string, ResolvedSite>()
  for (const [name, sitePools] of pools) {
    const site = resolveSite(name, sitePools, resolution)
    if (site) sites.set(name, site)
  }
  for (const site of sites.values()) joinRows(site.site, internet.id, site.nodes, links)
  joinEveryPair([...sites.values()], resolution)
  const names: VmNames = new Map()
  const budget = VmBudget(resolution)
  const services = Object.keys(file.services).map((name) =>
    resolveService(name, sites, { names, budget }, resolution),
  )
  checkAccessLists(services, resolution)
  reportExhausted(resolution, pools)
  const nodes = [internet, ...Array.from(sites.values(), ({ nodes, vms }) => [...nodes.nodes, ...vms]).flat()]
  checkEnumerated(
    Array.from(sites.values(), ({ value }) => value),
    nodes,
    resolution,
  )
  reportUnusedTemplates(resolution)
  const ownPublic = Object.values(file.sites).flatMap(publicPrefixes).map(prefix)
  const named: NamedNetwork = {
    internal: Object.freeze(file.internal.map(prefix)),
    bogons: Object.freeze(bogonsWithout([...file.internet.map(prefix), ...ownPublic])),
    sites: Array.from(sites.values(), ({ value }) => value),
    nodes,
    ownPublic,
    groups: file.groups,
    tags: file.tags,
  }
  checkGroups(named, resolution)
  const filtered = sitesWithFilters(sites, named, resolution)
  checkPassedBy(filtered, services, nodes, resolution)
  const network: Network = {
    name: file.network,
    file: fileName,
    zone: file.zone,
    internal: named.internal,
    bogons: named.bogons,
    sites: Object.freeze(filtered),
    nodes: named.nodes,
    links: [...links.links],
    services,
    support: Object.freeze({ longest: parseDuration(file.support.longest) as number }),
    expectations: [],
    exceptions: [],
  }
  // With other mistakes in the file it is not known whom they speak of.
  if (hasErrors(log.entries)) return { network, named }
  const expectations = resolveExpectations(named, network, resolution)
  const exceptions = resolveExceptions(named, network, expectations, resolution)
  return { network: Object.freeze({ ...network, expectations, exceptions }), named }
}

/** Rules speak of machines by name, so they are read when all machines are there. */
function sitesWithFilters(
  sites: ReadonlyMap<string, ResolvedSite>,
  named: NamedNetwork,
  resolution: Resolution,
): Site[] {
  const filtersOf = FilterReader(resolution)
  return Array.from(sites.values(), ({ value }) => {
    const filters = filtersOf(value, AddressBook(named, value.name))
    return Object.freeze({ ...value, filters, ...siteRatings(value, named.nodes, resolution) })
  })
}

const publicPrefixes = (site: Resolution['file']['sites'][string]) => [
  ...site.public.vips,
  ...site.public.routers,
  ...site.public.isps,
]

function makeInternet({ file, keyAt, known }: Resolution): Node {
  const listener = (
    name: string,
    port: number,
    protocol: 'tcp' | 'udp',
    application: 'http' | 'https' | 'echo',
  ) => Object.freeze({ name, protocol, port, application })
  const made: Node = Object.freeze({
    id: 'internet',
    kind: 'internet',
    name: 'internet',
    at: keyAt('internet'),
    addresses: Object.freeze(AddressPool(file.internet.map(prefix)).take()),
    publicAddresses: Object.freeze([]),
    listeners: Object.freeze([
      listener('http', 80, 'tcp', 'http'),
      listener('https', 443, 'tcp', 'https'),
      listener('echo', 7, 'udp', 'echo'),
    ]),
  })
  return knownNode(made, known)
}

function resolveSite(name: string, pools: SitePools, resolution: Resolution): ResolvedSite | undefined {
  const { file, log } = resolution
  const written = file.sites[name] as Resolution['file']['sites'][string]
  const template = file.templates[written.template]
  if (!template) {
    if (!resolution.isWritten('templates', written.template))
      log.report(
        'GL2001',
        resolution.valueAt('sites', name, 'template'),
        `there is no template '${written.template}'`,
        {
          hint: suggestion(written.template, Object.keys(file.templates), 'templates are'),
        },
      )
    return undefined
  }
  checkOnePerFamily(written.public.dns ?? [], ['sites', name, 'public', 'dns'], resolution)
  const at = resolution.keyAt('sites', name)
  const ports: SitePorts = Object.freeze({ ...template.ports, dns: 53 })
  const dnsVips: Ip[] = explicitOrNext(pools.vips, written.public.dns)
  const value: SiteFrame = Object.freeze({
    name,
    template: written.template,
    at,
    pools: Object.freeze({
      routers: pools.routers.prefixes,
      infrastructure: pools.infrastructure.prefixes,
      hosts: pools.hosts.prefixes,
      vms: pools.vms.prefixes,
    }),
    public: Object.freeze({ vips: pools.vips.prefixes, routers: pools.publicRouters.prefixes }),
    dnsVips: Object.freeze(dnsVips),
    ports,
    flowsPerVm: template['flows-per-vm'],
    connectionsPerVm: template['connections-per-vm'],
    limits: siteLimits(written.template, resolution),
    audit: Object.freeze(auditedTiers(written.template, template.audit, resolution)),
    infrastructure: infrastructureOf(name, written.template, resolution),
  })
  return { site: name, value, pools, nodes: makeSiteNodes(value, template, pools, resolution.known), vms: [] }
}

function joinEveryPair(sites: readonly ResolvedSite[], { links }: Resolution): void {
  sites.forEach((b, index) => {
    for (const a of sites.slice(0, index))
      joinSites({ name: a.site, nodes: a.nodes }, { name: b.site, nodes: b.nodes }, links)
  })
}

function resolveService(
  name: string,
  sites: ReadonlyMap<string, ResolvedSite>,
  { names, budget }: { readonly names: VmNames; readonly budget: VmBudget },
  resolution: Resolution,
): Service {
  const written = resolution.file.services[name] as Resolution['file']['services'][string]
  checkServiceForm(name, resolution)
  checkServiceName(name, resolution)
  const roles = rolesOf(name, written, resolution)
  checkServiceVips(name, roles, resolution)
  checkEndpoints(name, roles, resolution)
  checkVmNames(name, roles, names, resolution)
  const isPublic = roles.some(({ endpoints }) => endpoints.some(({ exposure }) => exposure !== 'internal'))
  const deployments = written.sites.flatMap((siteName): Deployment[] => {
    const site = sites.get(siteName)
    if (!site) return []
    for (const role of roles) if (budget.spend(role)) deployRole(name, written.tenant, role, site, resolution)
    const vips = isPublic ? explicitOrNext(site.pools.vips, written.vips[siteName]) : []
    return [Object.freeze({ site: siteName, dnsName: `${name}.${siteName}`, vips: Object.freeze(vips) })]
  })
  const definition = written.service ?? written.import?.definition
  const made: Service = Object.freeze({
    name,
    tenant: written.tenant,
    at: resolution.keyAt('services', name),
    ...(definition !== undefined && { definition }),
    roles: Object.freeze(roles),
    deployments: Object.freeze(deployments),
    ...serviceRatings(name, roles, resolution),
  })
  return knownService(made, resolution.known)
}

function reportUnusedTemplates({ file, log, keyAt }: Resolution): void {
  // With a slip in a reference, or a site left out, it is not known which templates are used.
  if (hasErrors(log.entries)) return
  const used = new Set(Object.values(file.sites).map(({ template }) => template))
  for (const name of Object.keys(file.templates))
    if (!used.has(name))
      log.report('GL2043', keyAt('templates', name), `template '${name}' is not used`, {
        severity: 'warning',
        hint: 'build a site from it, or remove it',
      })
}

function deployRole(
  service: string,
  tenant: string,
  role: Role,
  site: ResolvedSite,
  resolution: Resolution,
): void {
  if (site.nodes.rows.host.length === 0)
    resolution.log.report('GL2003', role.at, `role '${role.name}' has no host in site '${site.site}'`, {
      hint: `set hosts to 1 or more in the template '${site.value.template}'`,
    })
  placeVms({ service, tenant, role }, site, resolution)
}
