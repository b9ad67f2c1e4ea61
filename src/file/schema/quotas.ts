/** How much each machine of a site may keep for itself, in a network file and where nothing is said. */

interface Quota {
  readonly least: number
  readonly most: number
  /** When not said otherwise. */
  readonly standard: number
}

/** Flows that a stateful filter keeps of each family (`flows-per-vm`). */
export const flowQuota: Quota = Object.freeze({ least: 64, most: 1_000_000, standard: 4096 })

/** Connections that a VM may have through one balancer, of each family (`connections-per-vm`). */
export const connectionQuota: Quota = Object.freeze({ least: 16, most: 65_536, standard: 512 })
