/**
 * Who reaches the services that every host has for its VMs (R22), at addresses that are the same on all hosts. The
 * templates say that a VM may open connections to their ports, and that the host takes them from its VMs. Since a host's ports lead to its own VMs alone, and a VM speaks with
 * its own address alone, what remains is to refuse them to the rest of the network: on the host's other interfaces.
 */
import { hostServiceAddresses, type Node } from '../../model/index.ts'
import { hostPrefix, type Prefix, Protocol, prefixCovers, prefixesOverlap } from '../../net/index.ts'
import { defaultDeny, shapeTier } from '../built-in.ts'
import type { Point, RuleTier } from '../point.ts'
import type { Match, Rule } from '../rule.ts'
import type { SiteView } from './site-view.ts'
import { templateRule } from './template-rule.ts'

const host = templateRule('host-config')

/** Of one host. */
export const servicePrefixesOf = ({ addresses }: Node): readonly Prefix[] =>
  hostServiceAddresses(addresses).map(hostPrefix)

/** Stands before the host filter on the interfaces that lead to the site. */
export function serviceGuard(view: SiteView, node: Node): Point {
  const destination = servicePrefixesOf(node)
  return {
    id: `${node.id}/services/in`,
    kind: 'host',
    node: node.id,
    interfaces: view.interfaces(node.id, 'distribution-router'),
    direction: 'in',
    scope: { destination },
    tiers: [
      shapeTier,
      {
        kind: 'rules',
        name: 'host-services',
        rules: [
          host(
            view,
            'services/not-from-outside',
            'deny',
            { destination },
            'The services of a host are there for its own VMs.',
          ),
        ],
      },
    ],
    defaultDeny,
  }
}

/** The tiers of a host partition that are about its services, and what is left of its rules. */
export interface PartitionTiers {
  /** Inward, before the flow tier: decides about all that is addressed to the services. */
  readonly asked: readonly RuleTier[]
  /** Outward, before the flow tier: what the services answer. */
  readonly answered: readonly RuleTier[]
  /** Inward, behind the flow tier. */
  readonly rest: readonly RuleTier[]
}

/**
 * Takes the rules about services out of those of a partition, and puts them where no flow is remembered: a VM that opens connection after
 * connection to a service of its host would else take the room of those by which the host is managed. Hosts that share rules share the
 * result.
 */
export class ServiceTiers {
  readonly #view: SiteView
  readonly #known = new Map<RuleTier, PartitionTiers>()

  constructor(view: SiteView) {
    this.#view = view
  }

  /** @param inward the rules of the partition, in one tier or none */
  of(node: Node, inward: readonly RuleTier[]): PartitionTiers {
    const services = servicePrefixesOf(node)
    const [tier] = inward
    if (!tier) return { asked: [], answered: [], rest: [] }
    const known = this.#known.get(tier)
    if (known) return known
    const asked = tier.rules.flatMap((rule) => aboutServices(rule, services))
    const closed = host(
      this.#view,
      'services/closed',
      'deny',
      { destination: services },
      'What no rule opens of the services of a host is closed.',
    )
    const made: PartitionTiers = {
      asked: [{ ...tier, name: 'vm-services', rules: [...asked, closed] }],
      answered: [{ ...tier, name: 'vm-service-answers', rules: asked.flatMap(answersTo) }],
      rest: [{ ...tier, rules: tier.rules.filter(({ match }) => !isWithin(match.destination, services)) }],
    }
    this.#known.set(tier, made)
    return made
  }
}

const isWithin = (prefixes: readonly Prefix[] | undefined, services: readonly Prefix[]): boolean =>
  prefixes?.every((prefix) => services.some((service) => prefixCovers(service, prefix))) ?? false

/**
 * What a rule says of packets to services. A rule opens them only if it names them and nothing else; one that denies is about them as far as it
 * reaches.
 */
function aboutServices(rule: Rule, services: readonly Prefix[]): readonly Rule[] {
  const { destination } = rule.match
  if (isWithin(destination, services)) return [rule]
  if (rule.action === 'allow') return []
  const reached = destination
    ? services.filter((service) => destination.some((prefix) => prefixesOverlap(prefix, service)))
    : services
  return reached.length === 0
    ? []
    : [{ ...rule, id: `${rule.id}/services`, match: { ...rule.match, destination: reached } }]
}

/** The packets that answer those which a rule lets in: of TCP all but such as open a connection, which has ACK or RST. */
function answersTo({ id, action, match, origin, why }: Rule): readonly Rule[] {
  if (action !== 'allow') return []
  const { family, source, destination, sourcePorts, destinationPorts, protocol } = match
  const back: Match = {
    ...(family && { family }),
    ...(destination && { source: destination }),
    ...(source && { destination: source }),
    ...(protocol !== undefined && { protocol }),
    ...(destinationPorts && { sourcePorts: destinationPorts }),
    ...(sourcePorts && { destinationPorts: sourcePorts }),
  }
  const answer = (name: string, flags: Pick<Match, 'tcpFlags'>): Rule => ({
    id: `${id}/${name}`,
    action,
    match: { ...back, ...flags },
    origin,
    why: `Answers. ${why}`,
  })
  if (protocol !== Protocol.tcp) return [answer('answer', {})]
  return [
    answer('answer', { tcpFlags: { mask: ack, value: ack } }),
    answer('reset', { tcpFlags: { mask: rst, value: rst } }),
  ]
}

const [rst, ack] = [0x04, 0x10]
