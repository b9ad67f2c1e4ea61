/** Who sends and who is reached, as people speak of them: a role, or the machines of a kind, in a site. */
import { hostServices, type Node, type NodeKind } from '../../model/index.ts'
import type { Side } from './side.ts'
import type { Target } from './target.ts'

export interface Party {
  /** `shop web`, `name servers`, `Internet`. */
  readonly name: string
  readonly kind: NodeKind | 'host-service' | 'outside'
  /** Absent outside all sites. */
  readonly site?: string
}

const names: Readonly<Record<Exclude<NodeKind, 'vm'>, string>> = {
  internet: 'Internet',
  isp: 'ISPs',
  'access-router': 'access routers',
  balancer: 'balancers',
  'distribution-router': 'distribution routers',
  'name-server': 'name servers',
  'fabric-controller': 'fabric controllers',
  'jump-box': 'jump boxes',
  storage: 'storage',
  'activation-server': 'activation servers',
  host: 'hosts',
}

export function partyOf({ kind, vm, site }: Node): Party {
  const name = kind === 'vm' ? `${vm?.service} ${vm?.role}` : names[kind]
  return { name, kind, ...(site !== undefined && { site }) }
}

export function partyOfTarget(side: Side, target: Target): Party {
  switch (target.kind) {
    case 'machine': {
      const party = partyOf(side.world.node(target.node))
      return target.public ? { ...party, name: `${party.name} by public address` } : party
    }
    case 'vip':
      return partyOf(side.world.node(target.node))
    case 'host-service':
      return { name: hostServiceName(target.name), kind: 'host-service' }
    case 'outside':
      return { name: 'Internet', kind: 'outside' }
  }
}

const hostServiceName = (name: string): string =>
  `${hostServices.find((service) => service.name === name)?.name.replace('-', ' ') ?? name} of its host`

export const partyKey = ({ name, site }: Party): string => `${site ?? ''} ${name}`
