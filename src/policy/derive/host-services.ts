/**
 * Who reaches the services that every host has for its VMs (R22), at addresses that are the same on all hosts. The host-config file says
 * which VMs may use them. Since a host's ports lead to its own VMs alone, and a VM speaks with its own address alone, the rest of the
 * network is refused them on the host's other interfaces.
 *
 * These points remember nothing: whatever VMs say to the services, it takes no room of the flows of the host partition, nor of another VM.
 */
import { hostServiceAddresses, hostServices, type Node } from '../../model/index.ts'
import { hostPrefix, type Prefix, prefixCovers, prefixesOverlap } from '../../net/index.ts'
import { defaultDeny, shapeTier } from '../built-in.ts'
import type { Point, RuleTier } from '../point.ts'
import type { Rule } from '../rule.ts'
import type { SiteView } from './site-view.ts'
import { repliesTo } from './stateless-replies.ts'
import { templateRule } from './template-rule.ts'

const host = templateRule('host-config')

const everyService = hostServices.flatMap(({ addresses }) => addresses.map(hostPrefix))

/** Of one host. */
const servicePrefixesOf = ({ addresses }: Node): readonly Prefix[] =>
  hostServiceAddresses(addresses).map(hostPrefix)

const isService = (end: Prefix): boolean => everyService.some((service) => prefixCovers(service, end))
const holdsService = (end: Prefix): boolean => everyService.some((service) => prefixesOverlap(end, service))

/** Whether a rule is about the services, by the host's end of its match, which may be absent. What allows is so only if it names them: many that hold them mean everybody. */
const isAboutServices = ({ action }: Rule, ends: readonly Prefix[] | undefined): boolean =>
  action === 'deny' ? !ends || ends.some(holdsService) : (ends?.some(isService) ?? false)

const isOnlyServices = (ends: readonly Prefix[] = []): boolean => ends.length > 0 && ends.every(isService)

/** The host-config rules of one direction: those about the host partition itself, and those about its services. */
export interface HostRules {
  readonly partition: readonly Rule[]
  readonly services: readonly Rule[]
}

/**
 * A rule is about the services if it names them as the host's end (`to` of what comes in, `from` of what goes out), and then about
 * the partition only if it names more. What denies is about both if it names no end of the host, or a prefix that holds them.
 */
export function splitRules(rules: readonly Rule[], direction: 'in' | 'out'): HostRules {
  const end = ({ match }: Rule) => (direction === 'in' ? match.destination : match.source)
  return {
    partition: rules.filter((rule) => !isOnlyServices(end(rule))),
    services: rules.filter((rule) => isAboutServices(rule, end(rule))),
  }
}

export interface ServiceRules {
  readonly inward: readonly Rule[]
  readonly outward: readonly Rule[]
  /** About ICMP errors that the host sends. */
  readonly errors: readonly RuleTier[]
  /** Lists of addresses that differ from host to host. */
  readonly sets: readonly (readonly Prefix[])[]
}

/** The points of one host's services: toward its VMs, and toward the site. */
export function hostServicePoints(view: SiteView, node: Node, rules: ServiceRules): readonly Point[] {
  const { inward, outward, errors, sets } = rules
  const addresses = servicePrefixesOf(node)
  const common = { kind: 'host' as const, node: node.id, defaultDeny }
  const toVms = { ...common, interfaces: view.interfaces(node.id, 'vm'), behind: node.addresses, sets }
  const toSite = { ...common, interfaces: view.interfaces(node.id, 'distribution-router') }
  const audited = view.site.audit.some(({ kind, tier }) => kind === 'host' && tier === 'host-config')
  const tier = (name: string, list: readonly Rule[]): readonly RuleTier[] =>
    list.length > 0 ? [{ kind: 'rules', name, rules: list }] : []
  const guard = (direction: 'in' | 'out', id: string, why: string): Point => {
    const match = direction === 'in' ? { destination: addresses } : { source: addresses }
    return {
      ...toSite,
      id: `${node.id}/services/uplink/${direction}`,
      direction,
      scope: match,
      tiers: [shapeTier, ...tier('host-services', [host(view, id, 'deny', match, why)])],
    }
  }
  const points: readonly Point[] = [
    {
      ...toVms,
      id: `${node.id}/services/in`,
      direction: 'in',
      scope: { destination: addresses },
      tiers: [
        shapeTier,
        ...tier('service-replies', repliesTo(outward, audited)),
        ...tier('host-config', inward),
      ],
    },
    {
      ...toVms,
      id: `${node.id}/services/out`,
      direction: 'out',
      scope: { source: addresses },
      tiers: [
        shapeTier,
        ...errors,
        ...tier('service-replies', repliesTo(inward, audited)),
        ...tier('host-config', outward),
      ],
    },
    guard('in', 'services/not-from-outside', 'The services of a host are there for its own VMs.'),
    guard('out', 'services/not-to-outside', 'The services of a host speak with its own VMs alone.'),
  ]
  return points.filter(({ interfaces }) => interfaces.length > 0)
}
