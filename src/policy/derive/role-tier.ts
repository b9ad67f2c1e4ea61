/** Role rules (R20): what the service model opens at the VMs of a role, and to whom. VMs of a role share one tier. */
import type { Endpoint, Node, Role, Service } from '../../model/index.ts'
import { PortRange, type Prefix, Protocol } from '../../net/index.ts'
import type { RuleTier } from '../point.ts'
import type { Match, Rule } from '../rule.ts'
import { addressesOf, type SiteView } from './site-view.ts'

export class RoleTiers {
  readonly #tiers = new Map<string, RuleTier>()
  readonly #services: ReadonlyMap<string, Service>
  /** VMs of the site, by service and then by role. */
  readonly #vms = new Map<string, Map<string, Node[]>>()

  constructor(view: SiteView) {
    this.#services = new Map(view.network.services.map((service) => [service.name, service]))
    for (const node of view.nodes('vm')) {
      if (!node.vm) continue
      const roles = this.#vms.get(node.vm.service) ?? new Map<string, Node[]>()
      this.#vms.set(node.vm.service, roles)
      const list = roles.get(node.vm.role) ?? []
      roles.set(node.vm.role, list)
      list.push(node)
    }
  }

  of(vm: Node): RuleTier {
    const identity = vm.vm
    const service = identity && this.#services.get(identity.service)
    const role = service?.roles.find(({ name }) => name === identity?.role)
    if (!service || !role) throw new TypeError(`derive rules of ${vm.id}: its role is not in the model`)
    const key = `${service.name} ${role.name}`
    let tier = this.#tiers.get(key)
    if (!tier) {
      tier = { kind: 'rules', name: 'role', rules: roleRules(role, this.#sourcesOf(service.name)) }
      this.#tiers.set(key, tier)
    }
    return tier
  }

  #sourcesOf(service: string): Sources {
    const roles = this.#vms.get(service) ?? new Map<string, Node[]>()
    const cache = new Map<string, readonly Prefix[]>()
    return (only) => {
      const names = only ?? [...roles.keys()]
      const key = only ? `only ${only.join()}` : 'all'
      const sources = cache.get(key) ?? addressesOf(names.flatMap((name) => roles.get(name) ?? []))
      cache.set(key, sources)
      return sources
    }
  }
}

/** Addresses of the VMs of some roles of a service in the site, or of all its roles. */
type Sources = (roles?: readonly string[]) => readonly Prefix[]

/** Endpoints that are for some roles only come first, so that no wider one opens them to others. */
function roleRules(role: Role, sources: Sources): readonly Rule[] {
  const narrow = role.endpoints.filter(({ only }) => only)
  const wide = role.endpoints.filter(({ only }) => !only)
  return [...narrow, ...wide].flatMap((endpoint) => endpointRules(role, endpoint, sources))
}

function endpointRules(role: Role, endpoint: Endpoint, sources: Sources): readonly Rule[] {
  const { name, exposure, only } = endpoint
  const source = exposure === 'internal' ? { source: sources(only?.from) } : {}
  const why =
    exposure !== 'internal'
      ? `${role.name} is open to all on this port.`
      : only
        ? `${role.name} is open to VMs of ${only.from.join(', ') || 'no role'}.`
        : `${role.name} is open to VMs of its own service.`
  return conditionsOf(endpoint).flatMap(({ suffix, match }): Rule[] => {
    const id = `role/${name}${suffix}`
    const origin = { kind: 'file' as const, at: endpoint.at }
    const allow: Rule = { id, action: 'allow', match: { ...source, ...match }, origin, why }
    if (!only) return [allow]
    const deny: Rule = {
      id: `${id}/other`,
      action: 'deny',
      match,
      origin: { kind: 'file', at: only.at },
      why: `${name} of ${role.name} is for the roles named alone.`,
    }
    return only.from.length > 0 ? [allow, deny] : [deny]
  })
}

function conditionsOf({ protocol, port, lastPort }: Endpoint): readonly { suffix: string; match: Match }[] {
  const destinationPorts = [PortRange(port, lastPort)]
  switch (protocol) {
    case 'any':
      return [{ suffix: '', match: {} }]
    case 'tcp-udp':
      return (['tcp', 'udp'] as const).map((each) => ({
        suffix: `/${each}`,
        match: { protocol: Protocol[each], destinationPorts },
      }))
    default:
      return [{ suffix: '', match: { protocol: Protocol[protocol], destinationPorts } }]
  }
}
