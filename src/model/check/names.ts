/** Checks that names stay unique and short enough once they are put together. */
import type { SourceRange } from '../../file/index.ts'
import type { Role } from '../network.ts'
import type { Resolution } from '../resolve/resolution.ts'
import { labelOf, vmName } from '../resolve/service-vms.ts'

/** A DNS label (RFC 1035 section 2.3.4). */
const maxLabel = 63

/** Names that machines have in every site, and which services therefore cannot have in the DNS. */
const machineName = /^(?:isp|ar|lb|dr|ns|fc|jump|storage|activation|host)\d+$/

export function checkServiceName(service: string, { log, keyAt }: Resolution): void {
  if (machineName.test(service))
    log.report('GL2032', keyAt('services', service), `service '${service}' has the name of a machine`, {
      hint: 'names such as ns1 or host3 belong to the machines of a site',
    })
}

/** Remembers, over all services, which machine names are taken. */
export type VmNames = Map<string, { readonly what: string; readonly at: SourceRange }>

export function checkVmNames(
  service: string,
  roles: readonly Role[],
  names: VmNames,
  { log }: Resolution,
): void {
  for (const role of roles) {
    const label = labelOf(role.name)
    if (!/[a-z0-9]/.test(label)) {
      log.report('GL2030', role.at, `role '${role.name}' has no letter or digit to name its VMs by`)
      continue
    }
    const longest = vmName(service, role.name, Math.max(0, role.instances - 1))
    if (longest.length > maxLabel)
      log.report(
        'GL2030',
        role.at,
        `the name '${longest}' is too long: ${longest.length} characters of ${maxLabel}`,
        {
          hint: 'shorten the name of the service or of the role',
        },
      )
    const stem = `${service}-${label}`
    const what = `role '${role.name}' of service '${service}'`
    const other = names.get(stem)
    if (other)
      log.report(
        'GL2031',
        role.at,
        `the VMs of ${what} would be called as those of ${other.what}: ${stem}-0`,
        {
          hint: 'rename one of the roles or services',
          related: [{ message: other.what, at: other.at }],
        },
      )
    else names.set(stem, { what, at: role.at })
  }
}
