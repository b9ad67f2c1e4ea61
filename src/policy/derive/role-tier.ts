/** Role rules (R20): what the service model opens at the VMs of a role, and to whom. VMs of a role share one tier. */
import {
  type AccessList,
  type Endpoint,
  type Node,
  type Role,
  type Service,
  serviceByName,
  vmsOfRole,
} from '../../model/index.ts'
import { hostPrefix, PortRange, type Prefix, Protocol } from '../../net/index.ts'
import type { RuleTier } from '../point.ts'
import type { Match, Rule } from '../rule.ts'
import { addressesOf, type SiteView } from './site-view.ts'

/** The rules of a role, and the lists in them that differ from service to service, for `Point.sets`. */
interface RoleRules {
  readonly tier: RuleTier
  readonly sets: readonly (readonly Prefix[])[]
}

export class RoleTiers {
  readonly #roles = new Map<string, RoleRules>()
  readonly #view: SiteView
  /** With which VMs of the site come in through its VIPs. */
  readonly #egress: readonly Prefix[]

  constructor(view: SiteView) {
    this.#view = view
    this.#egress = view.nodes('balancer').flatMap(({ publicAddresses }) => publicAddresses.map(hostPrefix))
  }

  of(vm: Node): RoleRules {
    const identity = vm.vm
    const service = identity && serviceByName(this.#view.network, identity.service)
    const role = service?.roles.find(({ name }) => name === identity?.role)
    if (!service || !role) throw new TypeError(`derive rules of ${vm.id}: its role is not in the model`)
    const key = `${service.name} ${role.name}`
    let known = this.#roles.get(key)
    if (!known) {
      const sets: (readonly Prefix[])[] = []
      known = { tier: { kind: 'rules', name: 'role', rules: this.#rulesOf(service, role, sets) }, sets }
      this.#roles.set(key, known)
    }
    return known
  }

  /**
   * Endpoints that are for some only come first, so that no wider one opens them to others.
   * @param sets to be filled with the lists of VMs that the rules name, each once
   */
  #rulesOf(service: Service, role: Role, sets: (readonly Prefix[])[]): readonly Rule[] {
    const { network, site } = this.#view
    const vmsOf = (name: string) => vmsOfRole(network, site.name, service.name, name)
    const all = addressesOf(service.roles.flatMap(({ name }) => vmsOf(name)))
    const isNarrow = ({ only, acl }: Endpoint): boolean => only !== undefined || acl !== undefined
    const narrow = role.endpoints.filter(isNarrow)
    const wide = role.endpoints.filter((endpoint) => !isNarrow(endpoint))
    return [...narrow, ...wide].flatMap((endpoint) => {
      if (endpoint.acl) return guardedRules(role, endpoint, endpoint.acl, this.#egress)
      if (endpoint.exposure !== 'internal') return publicRules(role, endpoint)
      const from = endpoint.only?.from.flatMap(vmsOf)
      const source = from ? addressesOf(from) : all
      if (!sets.includes(source)) sets.push(source)
      return internalRules(role, endpoint, source)
    })
  }
}

const at = (origin: Endpoint['at']): Rule['origin'] => ({ kind: 'file', at: origin })

const publicRules = (role: Role, endpoint: Endpoint): readonly Rule[] =>
  conditionsOf(endpoint).map(({ suffix, match }) => ({
    id: `role/${endpoint.name}${suffix}`,
    action: 'allow',
    match,
    origin: at(endpoint.at),
    why: `${role.name} is open to all on this port.`,
  }))

function internalRules(role: Role, endpoint: Endpoint, source: readonly Prefix[]): readonly Rule[] {
  const { name, only } = endpoint
  return conditionsOf(endpoint).flatMap(({ suffix, match }): Rule[] => {
    const id = `role/${name}${suffix}`
    const who = only ? only.from.join(', ') : 'its own service'
    const why = `${role.name} is open to VMs of ${who}.`
    const allow: Rule = { id, action: 'allow', match: { source, ...match }, origin: at(endpoint.at), why }
    if (!only) return [allow]
    const deny: Rule = {
      id: `${id}/other`,
      action: 'deny',
      match,
      origin: at(only.at),
      why: `${name} of ${role.name} is for the roles named alone.`,
    }
    return only.from.length > 0 ? [allow, deny] : [deny]
  })
}

/**
 * What has an access list is guarded at the VM once more, since a neighbour needs no VIP to get there. What comes through a VIP from
 * inside the site bears the balancer's address, and was asked there.
 */
function guardedRules(
  role: Role,
  endpoint: Endpoint,
  acl: AccessList,
  egress: readonly Prefix[],
): readonly Rule[] {
  return conditionsOf(endpoint).flatMap(({ suffix, match }): Rule[] => {
    const id = `role/${endpoint.name}${suffix}`
    const name = `access list '${acl.name}'`
    const hairpin: Rule = {
      id: `${id}/through-vip`,
      action: 'allow',
      match: { source: egress, ...match },
      origin: at(endpoint.at),
      why: `The balancer has asked the ${name}.`,
    }
    const listed = runsOf(acl).map(({ action, sources: source }, index): Rule => {
      const why = `The ${name} ${action === 'allow' ? 'lets these sources in' : 'keeps these sources out'}.`
      return { id: `${id}/acl/${index + 1}`, action, match: { source, ...match }, origin: at(acl.at), why }
    })
    const isClosed = acl.rules.some(({ action }) => action === 'allow')
    const rest: Rule = isClosed
      ? {
          id: `${id}/other`,
          action: 'deny',
          match,
          origin: at(acl.at),
          why: `The ${name} lets no other source in.`,
        }
      : {
          id,
          action: 'allow',
          match,
          origin: at(endpoint.at),
          why: `${role.name} is open to all others on this port.`,
        }
    return [...(egress.length > 0 ? [hairpin] : []), ...listed, rest]
  })
}

/** Rules of a list that follow each other and say the same, as one: the balancer counts each by itself. */
function runsOf({ rules }: AccessList): readonly { action: 'allow' | 'deny'; sources: Prefix[] }[] {
  const runs: { action: 'allow' | 'deny'; sources: Prefix[] }[] = []
  for (const { action, sources } of rules) {
    const last = runs.at(-1)
    if (last?.action === action) last.sources.push(...sources)
    else runs.push({ action, sources: [...sources] })
  }
  return runs
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
