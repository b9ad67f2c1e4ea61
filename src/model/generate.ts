/**
 * Writes network files of any size, for measurements and tests of scale. The text is a function of the options alone.
 *
 * Sites have 10.<n>.0.0/14 each inside, so there are at most 60; public addresses are taken from 100.64.0.0/10, which
 * nobody has in public (RFC 6598), and 2001:db8::/32.
 */
export interface GenerateOptions {
  /** Virtual machines in all sites together. */
  readonly vms: number
  /** Hosts of each site; default: one for 20 VMs, at least 2. */
  readonly hosts?: number
  /** Default: 1 for each 10 services, at least 2. */
  readonly tenants?: number
  /** Default: 1. */
  readonly sites?: number
  /** VMs of each service, split over a web role and a worker role. Default: 10. */
  readonly instancesPerService?: number
  /** Default: `generated`. */
  readonly name?: string
}

/** Throws `RangeError` for counts that no network file can have. */
export function generateNetwork({
  vms,
  sites = 1,
  instancesPerService = 10,
  name = 'generated',
  hosts = Math.max(2, Math.ceil(vms / sites / 20)),
  tenants,
}: GenerateOptions): string {
  check('vms', vms, 0, 200_000)
  check('sites', sites, 1, 60)
  check('hosts', hosts, 1, 20_000)
  check('instancesPerService', instancesPerService, 1, 10_000)
  const services = servicesOf(vms, sites, instancesPerService)
  const tenantCount = tenants ?? Math.max(2, Math.ceil(services.length / 10))
  check('tenants', tenantCount, 1, 200_000)
  return [
    `network: ${name}`,
    'zone: cloudapp.example',
    'internal: [10.0.0.0/8, fd67:6c61::/32]',
    'internet: [192.0.2.0/24, 2001:db8:ffff::/48]',
    '',
    'templates:',
    '  datacenter:',
    '    isps: 2',
    '    access-routers: 2',
    '    balancers: 2',
    '    distribution-routers: 2',
    '    name-servers: 2',
    '    fabric-controllers: 2',
    '    jump-boxes: 1',
    '    storage-nodes: 1',
    '    activation-servers: 1',
    `    hosts: ${hosts}`,
    '    infrastructure:',
    '      dns: { category: 1 }',
    '      fabric: { category: 2, clients: [hosts] }',
    '      agent: { category: 2, clients: [fabric-controllers, jump-boxes] }',
    '      storage: { category: 2, clients: [hosts, fabric-controllers] }',
    '      activation: { category: 3, clients: [vms] }',
    '      ssh: { category: 3, dips: [fc1] }',
    '',
    'sites:',
    ...Array.from({ length: sites }, (_, index) => siteText(index)).flat(),
    ...(services.length > 0 ? ['services:'] : []),
    ...services.flatMap((service, index) =>
      serviceText(service, index, `tenant${(index % tenantCount) + 1}`),
    ),
    '',
  ].join('\n')
}

function check(what: string, value: number, minimum: number, maximum: number): void {
  if (!Number.isInteger(value) || value < minimum || value > maximum)
    throw new RangeError(
      `generate network: ${what} is ${value}, expected a whole number ${minimum} to ${maximum}`,
    )
}

interface GeneratedService {
  readonly site: string
  readonly web: number
  readonly worker: number
}

const siteName = (index: number): string => `site${index + 1}`

/** VMs are dealt to the sites in turn; the last service of a site takes what is left. */
function servicesOf(vms: number, sites: number, instances: number): GeneratedService[] {
  return Array.from({ length: sites }, (_, index) => {
    const ofSite = Math.floor(vms / sites) + (index < vms % sites ? 1 : 0)
    return Array.from({ length: Math.ceil(ofSite / instances) }, (_, service) => {
      const size = Math.min(instances, ofSite - service * instances)
      return { site: siteName(index), web: Math.ceil(size / 2), worker: Math.floor(size / 2) }
    })
  }).flat()
}

function siteText(index: number): string[] {
  const first = 4 * (index + 1)
  const six = (index + 1).toString(16)
  const open = 64 + index
  return [
    `  ${siteName(index)}:`,
    '    template: datacenter',
    '    internal:',
    `      routers: [10.${first}.0.0/24, fd67:6c61:${six}::/64]`,
    `      infrastructure: [10.${first}.16.0/20, fd67:6c61:${six}:1::/64]`,
    `      hosts: [10.${first}.128.0/17, fd67:6c61:${six}:2::/64]`,
    `      vms: [10.${first + 2}.0.0/15, fd67:6c61:${six}:3::/64]`,
    '    public:',
    `      vips: [100.${open}.0.0/17, 2001:db8:${six}::/64]`,
    `      routers: [100.${open}.128.0/24, 2001:db8:${six}:1::/64]`,
    `      isps: [100.${open}.129.0/24, 2001:db8:${six}:2::/64]`,
    '',
  ]
}

function serviceText({ site, web, worker }: GeneratedService, index: number, tenant: string): string[] {
  return [
    `  s${index + 1}:`,
    `    tenant: ${tenant}`,
    `    sites: [${site}]`,
    '    roles:',
    `      web: { kind: web, instances: ${web}, public: { http: { protocol: http, port: 80 } } }`,
    ...(worker > 0
      ? [
          `      worker: { kind: worker, instances: ${worker}, internal: { work: { protocol: tcp, port: 9000 } } }`,
        ]
      : []),
  ]
}
