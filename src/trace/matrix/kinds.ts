/** The rows and columns of the acceptance matrix: kinds of sources and of destinations. */

/** `forged`: a packet from the Internet or from a VM that bears an address of somebody else. */
export type SourceKind = 'internet' | 'isp' | 'vm' | 'forged' | Machine
export type DestinationKind =
  | 'vip-open'
  | 'vip-guarded'
  | 'vip-closed'
  | 'vm-own-service'
  | 'vm-other-tenant'
  | 'vm-other-service'
  | 'vm'
  | 'host-agent'
  | 'host-other'
  | 'host-service'
  | 'internet'
  | 'access-router'
  | 'distribution-router'
  | 'balancer'
  | Exclude<Machine, 'host'>

/** Machines of the infrastructure, and hosts. */
export type Machine =
  | 'name-server'
  | 'fabric-controller'
  | 'jump-box'
  | 'storage'
  | 'activation-server'
  | 'host'

export const machines: readonly Machine[] = [
  'jump-box',
  'fabric-controller',
  'storage',
  'name-server',
  'activation-server',
  'host',
]
