/** Checks what a service says of its sites, VIPs and where its roles come from. */
import { suggestion } from '../../file/index.ts'
import { ip } from '../../net/index.ts'
import type { Role } from '../network.ts'
import type { Resolution } from '../resolve/resolution.ts'

/** Before its roles are read. */
export function checkServiceForm(service: string, resolution: Resolution): void {
  const { file, log } = resolution
  const written = file.services[service]
  if (!written) return
  const at = resolution.keyAt('services', service)
  const sources = (['roles', 'import', 'service'] as const).filter((key) => written[key] !== undefined)
  const [first, second] = sources
  if (second)
    log.report(
      'GL2040',
      resolution.keyAt('services', service, second),
      `service '${service}' has both '${first}' and '${second}'`,
      {
        hint: 'remove one of them: the roles of an imported service are in its definition',
      },
    )
  else if (
    first !== 'import' &&
    first !== 'service' &&
    Object.keys(written.roles ?? {}).length === 0 &&
    !resolution.isIncomplete('services', service)
  )
    log.report('GL2040', at, `service '${service}' has no roles`, {
      hint: "add 'roles:', or 'service:' for an Azure Cloud Service",
    })
  if (written.configuration !== undefined && written.service === undefined)
    log.report(
      'GL2040',
      resolution.keyAt('services', service, 'configuration'),
      "'configuration' has no meaning without 'service'",
      { hint: "add 'service:' with the path of the .csdef file" },
    )
  written.sites.forEach((site, index) => {
    const place = resolution.valueAt('services', service, 'sites', index)
    if (!resolution.isWritten('sites', site))
      log.report('GL2001', place, `there is no site '${site}'`, {
        hint: suggestion(site, Object.keys(file.sites), 'sites are'),
      })
    if (written.sites.indexOf(site) < index)
      log.report('GL2005', place, `site '${site}' is given twice`, { hint: 'remove one of the two' })
  })
}

/** With its roles known. */
export function checkServiceVips(service: string, roles: readonly Role[], resolution: Resolution): void {
  const { file, log } = resolution
  const written = file.services[service]
  for (const [site, addresses] of Object.entries(written?.vips ?? {})) {
    const at = resolution.keyAt('services', service, 'vips', site)
    if (!written?.sites.includes(site)) {
      log.report('GL2001', at, `service '${service}' is not deployed in a site '${site}'`, {
        hint: suggestion(site, written?.sites ?? [], 'its sites are'),
      })
      continue
    }
    const isPublic = roles.some(({ endpoints }) => endpoints.some(({ exposure }) => exposure !== 'internal'))
    if (!isPublic && !resolution.isIncomplete('services', service))
      log.report('GL2041', at, `service '${service}' has VIPs and no public endpoint`, {
        hint: "add an endpoint under 'public:' of a role, or remove 'vips:'",
      })
    checkOnePerFamily(addresses, ['services', service, 'vips', site], resolution)
  }
}

export function checkOnePerFamily(
  addresses: readonly string[],
  path: readonly string[],
  { log, valueAt }: Resolution,
): void {
  const families = addresses.map((text) => ip(text).family)
  families.forEach((family, index) => {
    if (families.indexOf(family) < index)
      log.report('GL2042', valueAt(...path, index), `there is a second IPv${family} address here`, {
        hint: 'give one address of each family',
      })
  })
}
