/**
 * What rules that people wrote let pass, read from the file as it stands: not from the points that are derived from it, since those are to
 * be judged. What is promised is open only as far as these rules, which may narrow everything, leave it so.
 */
import {
  type Filter,
  guestKey,
  hostServices,
  type Network,
  type Node,
  nodeById,
  type RelativeMachines,
  type ResolvedRule,
  type RuleEnds,
  type Site,
  siteByName,
  vmsOfHost,
} from '../../../model/index.ts'
import { hostPrefix, type Prefix, Protocol, prefixCovers, prefixesOverlap } from '../../../net/index.ts'
import type { Match } from '../../../policy/index.ts'
import { icmpErrors } from '../../../wire/index.ts'
import type { DiagramSet } from '../../diagram/index.ts'
import { prefixesOf } from '../origin.ts'
import type { Proof } from '../proof.ts'

type Direction = ResolvedRule['direction']

/** What a machine's own filters let it send: a VM's machine configuration and guest firewall, a host's configuration. */
export const writtenOut = (proof: Proof, machine: Node): DiagramSet => writtenAt(proof, machine, 'out')

/** What a machine's own filters have nothing against that it gets; the role of a VM opens it apart. */
export const writtenIn = (proof: Proof, machine: Node): DiagramSet => writtenAt(proof, machine, 'in')

function writtenAt(proof: Proof, machine: Node, direction: Direction): DiagramSet {
  const site = siteByName(proof.network, machine.site ?? '')
  if (!site) return proof.sets.all
  const { hostConfig } = site.filters
  if (machine.kind === 'host') return allowed(proof, hostConfig, direction, 'deny', machine)
  if (!machine.vm) return proof.sets.all
  return proof.sets.mask(writtenConfig(proof, machine, direction), writtenGuest(proof, machine, direction))
}

/** What the machine configuration says of a VM: what it may send, or what is kept from its role. */
export function writtenConfig(proof: Proof, vm: Node, direction: Direction): DiagramSet {
  const site = siteByName(proof.network, vm.site ?? '') as Site
  return allowed(proof, site.filters.machineConfig, direction, direction === 'in' ? 'allow' : 'deny', vm)
}

/** What the customer's guest firewall of a VM says; all, if there is none. */
export function writtenGuest(proof: Proof, machine: Node, direction: Direction): DiagramSet {
  const guests = siteByName(proof.network, machine.site ?? '')?.filters.guests
  const guest = machine.vm && guests?.[guestKey(machine.vm.service, machine.vm.role)]
  if (!guest) return proof.sets.all
  const otherwise = direction === 'out' ? guest.outbound : 'deny'
  return allowed(proof, guest.filter, direction, otherwise, machine)
}

/**
 * What the host configuration says of a host's services: rules that name them as the host's end, and denials that name no end.
 * @param chosen of these rules those that count; absent: all
 */
export function writtenAtServices(
  proof: Proof,
  host: Node,
  direction: Direction,
  chosen: 'all' | 'answerable' = 'all',
): DiagramSet {
  const isChosen = (rule: ResolvedRule): boolean => {
    const end = direction === 'in' ? rule.to : rule.from
    const isAbout =
      rule.action === 'deny'
        ? !end || end.prefixes.some(holdsService)
        : (end?.prefixes.some(isOfService) ?? false)
    return isAbout && !isAboutErrors(rule) && (chosen === 'all' || !rule.tcpFlags)
  }
  return allowed(
    proof,
    partOf(proof, host, `services ${direction} ${chosen}`, isChosen),
    direction,
    'deny',
    host,
  )
}

/** ICMP errors that the host configuration lets a host send. */
export const writtenErrors = (proof: Proof, host: Node): DiagramSet =>
  allowed(proof, partOf(proof, host, 'errors', isAboutErrors), 'out', 'deny', host)

/** What the lists at a site's access routers let in or out. They see public addresses. */
export const writtenAtEdge = (proof: Proof, { filters }: Site, direction: Direction): DiagramSet =>
  proof.sets.mask(
    allowed(proof, filters.platformAcl, direction, 'allow'),
    allowed(proof, filters.operatorAcl, direction, 'allow'),
  )

const services = hostServices.flatMap(({ addresses }) => addresses.map(hostPrefix))

const isOfService = (end: Prefix): boolean => services.some((service) => prefixCovers(service, end))
const holdsService = (end: Prefix): boolean => services.some((service) => prefixesOverlap(end, service))

const isAboutErrors = ({ protocol, icmpType, direction }: ResolvedRule): boolean =>
  direction === 'out' &&
  icmpType !== undefined &&
  icmpErrors[protocol === Protocol.icmp ? 4 : 6].includes(icmpType)

const parts = new WeakMap<Filter, Map<string, Filter>>()

/** Some rules of a site's host configuration. */
function partOf(proof: Proof, host: Node, name: string, isChosen: (rule: ResolvedRule) => boolean): Filter {
  const { hostConfig } = (siteByName(proof.network, host.site ?? '') as Site).filters
  const known = parts.get(hostConfig) ?? new Map<string, Filter>()
  parts.set(hostConfig, known)
  const part = known.get(name) ?? { ...hostConfig, rules: hostConfig.rules.filter(isChosen) }
  known.set(name, part)
  return part
}

const numbers = new WeakMap<Filter, number>()
let filters = 0

function allowed(
  proof: Proof,
  filter: Filter,
  direction: Direction,
  otherwise: 'allow' | 'deny',
  machine?: Node,
): DiagramSet {
  const number = numbers.get(filter) ?? filters++
  numbers.set(filter, number)
  const rules = filter.rules.filter(
    (rule) => rule.direction === direction && !(rule.audit && rule.action === 'deny'),
  )
  const isRelative = rules.some(({ from, to }) => from?.relative.length || to?.relative.length)
  return proof.once(`written ${number} ${direction} ${isRelative ? machine?.id : ''}`, () => {
    const { sets } = proof
    const first = sets.first(
      rules.map((rule) =>
        sets.valued(sets.match(matchOf(proof.network, rule, machine)), rule.action === 'allow' ? 1 : 2),
      ),
    )
    return otherwise === 'allow'
      ? sets.without(
          sets.all,
          sets.where(first, (value) => value === 2),
        )
      : sets.mask(
          sets.all,
          sets.where(first, (value) => value === 1),
        )
  })
}

function matchOf(network: Network, rule: ResolvedRule, machine: Node | undefined): Match {
  const { family, from, to, protocol, ports, sourcePorts, tcpFlags, icmpType, icmpCode } = rule
  const ends = (end: RuleEnds): readonly Prefix[] => [
    ...end.prefixes,
    ...end.relative.flatMap((name) => (machine ? prefixesOf(related(network, name, machine)) : [])),
  ]
  return {
    ...(family && { family }),
    ...(from && { source: ends(from) }),
    ...(to && { destination: ends(to) }),
    ...(protocol !== undefined && { protocol }),
    ...(ports && { destinationPorts: ports }),
    ...(sourcePorts && { sourcePorts }),
    ...(tcpFlags && { tcpFlags }),
    ...(icmpType !== undefined && { icmpType }),
    ...(icmpCode !== undefined && { icmpCode }),
  }
}

function related(network: Network, name: RelativeMachines, machine: Node): readonly Node[] {
  const host = machine.vm?.host ?? machine.id
  switch (name) {
    case 'this':
      return [machine]
    case 'this-host':
      return [nodeById(network, host) ?? []].flat()
    case 'vms-of-this-host':
      return vmsOfHost(network, host)
    case 'same-service':
      return network.nodes.filter(
        ({ site, vm }) => site === machine.site && vm?.service === machine.vm?.service,
      )
  }
}
