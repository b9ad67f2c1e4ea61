/**
 * Warns of rules that are to keep VMs out and can be passed by. A VM that uses a VIP of its site comes with the egress address of a balancer
 * instead of its own: a rule about VMs as sources does not hold it, and another may let it in.
 */
import { type Family, formatIp, hasPorts, type Ip, Protocol, prefixContains } from '../../net/index.ts'
import type { RelativeMachines, ResolvedRule, RuleEnds } from '../filter/filter-rule.ts'
import { guestKey } from '../filter/guest-filters.ts'
import { groupBy } from '../group-by.ts'
import type { AccessList, Endpoint, Node, Role, Service, Site } from '../network.ts'
import type { Resolution } from '../resolve/resolution.ts'

/** A site and what is in it. */
interface Place {
  readonly site: Site
  readonly vms: readonly Node[]
  /** Egress addresses of the site's balancers. */
  readonly egress: readonly Ip[]
}

/** Rules that one machine of a role asks about what it gets. */
interface Asked {
  readonly rules: readonly ResolvedRule[]
  readonly machine: Node
  /** Whether what no rule decides is let in all the same. */
  readonly open: boolean
}

export function checkPassedBy(
  sites: readonly Site[],
  services: readonly Service[],
  nodes: readonly Node[],
  { log }: Resolution,
): void {
  const told = new Set<string>()
  for (const site of sites) {
    const place: Place = {
      site,
      vms: nodes.filter((node) => node.vm && node.site === site.name),
      egress: nodes
        .filter((node) => node.kind === 'balancer' && node.site === site.name)
        .flatMap(({ publicAddresses }) => publicAddresses),
    }
    for (const { service, role, asked } of filtersAt(place, services))
      for (const endpoint of role.endpoints.filter(({ exposure }) => exposure !== 'internal'))
        for (const { rule, bears } of passedBy(place, asked, endpoint)) {
          const { file, line, column } = rule.at
          const key = `${file} ${line} ${column}`
          if (told.has(key)) continue
          told.add(key)
          log.report(
            'GL2111',
            rule.at,
            `VMs pass by rule '${rule.name}' if they use the VIP of ${service}/${role.name}/${endpoint.name}`,
            {
              severity: 'warning',
              hint: `there they come from a balancer, such as ${formatIp(bears)}: ${/\.json$/i.test(file) ? 'deny such addresses' : "name 'egress' in the rule"} too, or put an access list on the endpoint`,
            },
          )
        }
  }
}

function filtersAt({ site, vms }: Place, services: readonly Service[]) {
  const { guests, machineConfig } = site.filters
  const machines = groupBy(vms, ({ vm }) => guestKey(vm?.service ?? '', vm?.role ?? ''))
  const inward = (rules: readonly ResolvedRule[]) => rules.filter(({ direction }) => direction === 'in')
  const everywhere = inward(machineConfig.rules)
  return services.flatMap((service) =>
    service.roles.flatMap((role) => {
      const key = guestKey(service.name, role.name)
      const [machine] = machines.get(key) ?? []
      if (!machine) return []
      const guest = guests[key]
      const lists: Asked[] = [{ rules: everywhere, machine, open: true }]
      if (guest) lists.push({ rules: inward(guest.filter.rules), machine, open: false })
      return lists
        .filter(({ rules }) => rules.some(({ action, from }) => action === 'deny' && from))
        .map((asked): { service: string; role: Role; asked: Asked } => ({
          service: service.name,
          role,
          asked,
        }))
    }),
  )
}

/** Rules that deny an endpoint to a VM which is let in by the balancer's address. */
function passedBy(place: Place, asked: Asked, { protocol, port, acl }: Endpoint) {
  if (protocol === 'any') return []
  const protocols = protocol === 'tcp-udp' ? (['tcp', 'udp'] as const) : [protocol]
  const found = new Map<ResolvedRule, Ip>()
  for (const name of protocols)
    for (const family of [4, 6] as const) {
      const bears = place.egress.find((address) => address.family === family)
      const question = { protocol: Protocol[name], port, family }
      if (!bears || !isLetIn(asked, { ...question, source: bears })) continue
      for (const vm of place.vms) {
        const source = vm.addresses.find((address) => address.family === family)
        if (!source || vm.id === asked.machine.id || isRefused(acl, source)) continue
        const decides = decider(asked, { ...question, source, vm })
        if (decides?.action === 'deny' && decides.from && !found.has(decides)) found.set(decides, bears)
      }
    }
  return Array.from(found, ([rule, bears]) => ({ rule, bears }))
}

interface Question {
  readonly source: Ip
  /** Whose address that is; absent: a balancer's. */
  readonly vm?: Node
  readonly family: Family
  readonly protocol: number
  readonly port: number
}

const decider = ({ rules, machine }: Asked, question: Question): ResolvedRule | undefined =>
  rules.find((rule) => {
    if (rule.audit && rule.action === 'deny') return false
    const { from, to, family, protocol, ports, sourcePorts, tcpFlags } = rule
    return (
      (family ?? question.family) === question.family &&
      (protocol ?? question.protocol) === question.protocol &&
      (!ports ||
        (hasPorts(question.protocol) &&
          ports.some((range) => range.first <= question.port && question.port <= range.last))) &&
      // Rules about some source ports or established TCP leave others open.
      !(rule.action === 'deny' && (sourcePorts || tcpFlags)) &&
      !tcpFlags &&
      (!from || holds(machine, from, question.source, question.vm)) &&
      (!to || machine.addresses.some((own) => holds(machine, to, own, machine)))
    )
  })

const isLetIn = (asked: Asked, question: Question): boolean => {
  const rule = decider(asked, question)
  return rule ? rule.action === 'allow' : asked.open
}

/** @param whose the VM that has the address */
const holds = (
  machine: Node,
  { prefixes, relative }: RuleEnds,
  address: Ip,
  whose: Node | undefined,
): boolean =>
  prefixes.some((prefix) => prefixContains(prefix, address)) ||
  (whose !== undefined && relative.some((name) => isOf(name, machine, whose)))

function isOf(name: RelativeMachines, machine: Node, vm: Node): boolean {
  switch (name) {
    case 'this':
      return vm.id === machine.id
    case 'this-host':
      return false
    case 'same-service':
      return vm.vm?.service === machine.vm?.service
    case 'vms-of-this-host':
      return vm.vm?.host === machine.vm?.host
  }
}

/** What the balancer, which still sees the VM's own address, lets none use (`AccessList`). */
function isRefused(acl: AccessList | undefined, source: Ip): boolean {
  if (!acl) return false
  const rule = acl.rules.find(({ sources }) => sources.some((prefix) => prefixContains(prefix, source)))
  return rule ? rule.action === 'deny' : acl.rules.some(({ action }) => action === 'allow')
}
