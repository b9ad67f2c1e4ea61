/** Refuses networks that are too large to be built, before anything of them is. */
import type { Role } from '../network.ts'
import type { Resolution } from '../resolve/resolution.ts'

export const maxMachines = 300_000
export const maxLinks = 1_500_000

/** What hangs below the distribution routers. */
const below = [
  'name-servers',
  'fabric-controllers',
  'jump-boxes',
  'storage-nodes',
  'activation-servers',
  'hosts',
] as const

/** False if the network would have more machines or links than Glacis handles; VMs of imported services not counted. */
export function isBuildable({ file, log, keyAt }: Resolution): boolean {
  let machines = 0
  let links = 0
  for (const site of Object.values(file.sites)) {
    const template = file.templates[site.template]
    if (!template) continue
    const { isps, 'access-routers': ar, balancers: lb, 'distribution-routers': dr } = template
    const nodes = below.reduce((sum, key) => sum + template[key], 0)
    machines += isps + ar + lb + dr + nodes
    links += isps * (1 + ar) + ar * lb + lb * dr + dr * nodes
  }
  for (const service of Object.values(file.services))
    for (const role of Object.values(service.roles ?? {})) machines += role.instances * service.sites.length
  const fits = machines <= maxMachines && links <= maxLinks
  if (!fits)
    log.report(
      'GL2015',
      keyAt('network'),
      `the network is too large: ${machines} machines and ${links} links`,
      {
        hint: `at most ${maxMachines} machines and ${maxLinks} links between fixed ones: lower 'hosts' or 'instances'`,
      },
    )
  return fits
}

/** Counts VMs as they are placed, imported ones too. */
export interface VmBudget {
  /** False if there are too many with those of this role; says so once. */
  spend(role: Role): boolean
}

export function VmBudget({ log }: Resolution): VmBudget {
  let vms = 0
  let exceeded = false
  return {
    spend(role) {
      vms += role.instances
      if (vms > maxMachines && !exceeded) {
        exceeded = true
        log.report('GL2015', role.at, `the network is too large: more than ${maxMachines} virtual machines`, {
          hint: 'lower the instance counts',
        })
      }
      return !exceeded
    },
  }
}
