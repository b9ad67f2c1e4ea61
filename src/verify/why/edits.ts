/** Which changes have a part in what a point does with the packets of a question. */
import type { SourceRange } from '../../file/index.ts'
import {
  type Filter,
  guestKey,
  type InfrastructureService,
  type Network,
  type Node,
  nodeById,
  productTemplates,
  type Site,
  siteByName,
} from '../../model/index.ts'
import { ipEquals } from '../../net/index.ts'
import { lineOf, type Point, type Rule, type RulePlace, rulesOf } from '../../policy/index.ts'
import type { Edit } from './edit.ts'
import { closeEndpoint, openEndpoint } from './endpoint-edits.ts'
import { admit, changeClients, widenSources } from './model-edits.ts'
import { type ListPlace, listEdit } from './rule-edits.ts'
import type { RoleOf, Subject } from './subject.ts'

/** Of one question, each edit made once. */
export class Edits {
  readonly #subject: Subject
  readonly #action: 'allow' | 'deny'
  readonly #known = new Map<string, Edit>()

  /** @param action what the changes are to do with the packets of the question */
  constructor(subject: Subject, action: 'allow' | 'deny') {
    this.#subject = subject
    this.#action = action
  }

  /** Whatever is stopped, a public endpoint may lead to a role. */
  endpoints(): readonly Edit[] {
    return this.#subject.roles.flatMap((of) => this.#opening(of))
  }

  /** What lets pass at a point what one of its rules stops. */
  against({ point, tier, rule }: RulePlace): readonly Edit[] {
    const written = this.#listsAt(point, tier, rule)
    switch (point.kind) {
      case 'access-router':
      case 'distribution-router':
        return written.length > 0 ? written : [this.#fixed(point, tier, rule)]
      case 'balancer':
        return this.#ofAccessList(rule.id.split('/').slice(1, 4))
      case 'hypervisor':
        if (point.flow?.heading === 'to-local') return [...this.#ofRole(point, tier, rule), ...written]
        return written.length > 0 ? written : [this.#fixed(point, tier, rule)]
      case 'native-host':
        return [
          ...this.#clients('add'),
          ...(this.#clients('add').length === 0 ? [this.#fixed(point, tier, rule)] : []),
        ]
      case 'host':
        if (tier === 'support-access') return [this.#grant(point)]
        return written.length > 0 ? written : [this.#fixed(point, tier, rule)]
      case 'guest':
        return written
    }
  }

  /** What stops at a point what comes through it. */
  closing(point: Point): readonly Edit[] {
    const lists = this.#listsAt(point, undefined, undefined)
    switch (point.kind) {
      case 'hypervisor':
        return point.flow?.heading === 'to-local' ? [...this.#endpointsBehind(point), ...lists] : lists
      case 'native-host':
        return this.#clients('remove')
      case 'balancer':
        return this.#subject.roles.flatMap((of) => this.#closings(of))
      default:
        return lists
    }
  }

  #once<E extends Edit | undefined>(key: string, make: () => E): E {
    const known = this.#known.get(key) ?? make()
    if (known) this.#known.set(key, known)
    return known as E
  }

  #opening(of: RoleOf): readonly Edit[] {
    const key = `endpoint ${of.service.name}/${of.role.name}`
    const edit = this.#once(key, () => openEndpoint(this.#subject, of))
    return edit ? [edit] : []
  }

  #closings(of: RoleOf): readonly Edit[] {
    return of.role.endpoints.map((endpoint) =>
      this.#once(`no endpoint ${of.service.name}/${of.role.name}/${endpoint.name}`, () =>
        closeEndpoint(of, endpoint),
      ),
    )
  }

  #endpointsBehind(point: Point): readonly Edit[] {
    const of = this.#roleBehind(point)
    return of ? this.#closings(of) : []
  }

  #ofRole(point: Point, tier: string, rule: Rule): readonly Edit[] {
    const of = this.#roleBehind(point)
    if (!of || tier === 'machine-config') return []
    if (tier === 'default') return this.#opening(of)
    return tier === 'role'
      ? this.#ofGuarded(of, rule.id.split('/')[1] as string)
      : [this.#fixed(point, tier, rule)]
  }

  #ofAccessList([service, role, name]: readonly string[]): readonly Edit[] {
    const of = this.#subject.roles.find((each) => each.service.name === service && each.role.name === role)
    return of && name !== undefined ? this.#ofGuarded(of, name) : []
  }

  #ofGuarded(of: RoleOf, name: string): readonly Edit[] {
    const endpoint = of.role.endpoints.find((each) => each.name === name)
    if (!endpoint) return []
    return [widenSources(this.#subject, of, endpoint), admit(this.#subject, of, endpoint)].flatMap((edit) =>
      edit ? [this.#once(edit.key, () => edit)] : [],
    )
  }

  #clients(does: 'add' | 'remove'): readonly Edit[] {
    const { targets, network, classes } = this.#subject
    const isAsked = (port: number) =>
      classes.some(({ ports }) => ports?.some(({ first, last }) => first <= port && port <= last) ?? true)
    const offered = targets.flatMap(({ listeners, site }) =>
      listeners.flatMap(({ service, port }): readonly (readonly [string, InfrastructureService])[] =>
        service && isAsked(port) ? [[siteByName(network, site ?? '')?.template ?? '', service]] : [],
      ),
    )
    const unique = new Map(offered.map((each) => [each.join(' '), each]))
    return [...unique.values()].flatMap(([template, service]) => {
      const edit = changeClients(this.#subject, service, template, does)
      return edit ? [this.#once(edit.key, () => edit)] : []
    })
  }

  #grant(point: Point): Edit {
    const { node } = point
    return this.#list(
      {
        key: `grant ${node}`,
        kind: 'grant',
        text: `grant access for a time: glacis access grant --who NAME --to ${node} --for 30m --reason …`,
      },
      { tier: 'grant', before: ['support-access'], action: 'allow', isAt: ({ id }) => id === point.id },
    )
  }

  #fixed(point: Point, tier: string, rule: Rule): Edit {
    const byDefault = tier === 'default'
    const has = ({ kind, direction, tiers }: Point): boolean =>
      kind === point.kind &&
      direction === point.direction &&
      (byDefault ||
        tiers.some(
          (each) => each.name === tier && 'rules' in each && each.rules.some(({ id }) => id === rule.id),
        ))
    return this.#list(
      {
        key: `fixed ${point.kind} ${point.direction} ${tier} ${rule.id}`,
        kind: 'fixed',
        text: `change ${rule.id} of the template ${point.kind}, which is part of Glacis`,
      },
      { tier: byDefault ? 'change' : tier, action: byDefault ? 'allow' : 'next', isAt: has },
    )
  }

  #list(edit: Parameters<typeof listEdit>[0], place: ListPlace): Edit {
    return this.#once(edit.key, () => listEdit(edit, place, this.#subject.matches))
  }

  /** Lists that people write, of a point: of all of them, or of those that have a part in what a rule of a tier decides. */
  #listsAt(point: Point, tier: string | undefined, rule: Rule | undefined): readonly Edit[] {
    const site = siteOf(this.#subject.network, point)
    if (!site) return []
    const { filters, template } = site
    const heading = point.flow?.heading ?? (point.direction === 'in' ? 'to-local' : 'from-local')
    const way = heading === 'to-local' ? 'in' : 'out'
    const ofTemplate = (other: Point) => siteOf(this.#subject.network, other)?.template === template
    const list = (filter: Filter, place: Omit<ListPlace, 'action' | 'isAt'>, direction: 'in' | 'out') => {
      const decides =
        tier === undefined || tier === filter.name || (tier === 'default' && point.kind !== 'access-router')
      if (!decides) return []
      const key = `${filter.name} ${direction} ${template}`
      return [
        this.#list(
          {
            key,
            kind: isProducts(filter) ? 'override' : 'own',
            text: `${this.#action} it in ${listName(filter)} of template ${template}, direction ${direction}`,
            at:
              (rule && tier === filter.name ? lineOf(rule.origin) : undefined) ??
              firstLine(filter, direction) ??
              site.at,
          },
          {
            ...place,
            action: this.#action === 'deny' ? 'deny' : point.kind === 'access-router' ? 'next' : 'allow',
            isAt: (other) =>
              other.kind === point.kind &&
              headingOf(other) === heading &&
              (other.scope === undefined) === (point.scope === undefined) &&
              ofTemplate(other),
          },
        ),
      ]
    }
    switch (point.kind) {
      case 'access-router': {
        const direction = point.id.endsWith('/external/in') ? 'in' : 'out'
        const before = ['rate-limits', 'vips-only', 'outbound']
        return [filters.operatorAcl, filters.platformAcl].flatMap((filter) =>
          this.#ofRouter(point, filter, before, direction, tier, rule, site),
        )
      }
      case 'hypervisor':
        return list(
          filters.machineConfig,
          { tier: 'machine-config', ...(way === 'in' && { before: ['role'] }) },
          way,
        )
      case 'host':
        return list(filters.hostConfig, { tier: 'host-config' }, way)
      case 'guest':
        return this.#guestList(point, site, way, rule)
      default:
        return []
    }
  }

  #ofRouter(
    point: Point,
    filter: Filter,
    before: readonly string[],
    direction: 'in' | 'out',
    tier: string | undefined,
    rule: Rule | undefined,
    site: Site,
  ): readonly Edit[] {
    if (tier !== undefined && tier !== filter.name) return []
    const suffix = direction === 'in' ? '/external/in' : '/internal/in'
    const { network } = this.#subject
    return [
      this.#list(
        {
          key: `${filter.name} ${direction} ${site.template}`,
          kind: isProducts(filter) ? 'override' : 'own',
          text: `${this.#action} it in ${listName(filter)} of template ${site.template}, direction ${direction}`,
          at: (rule && lineOf(rule.origin)) ?? firstLine(filter, direction) ?? site.at,
        },
        {
          tier: filter.name,
          before,
          action: this.#action === 'deny' ? 'deny' : 'next',
          isAt: (other) =>
            other.kind === point.kind &&
            other.id.endsWith(suffix) &&
            siteOf(network, other)?.template === site.template,
        },
      ),
    ]
  }

  #guestList(point: Point, site: Site, direction: 'in' | 'out', rule: Rule | undefined): readonly Edit[] {
    const vm = nodeById(this.#subject.network, point.node)?.vm
    const guest = vm && site.filters.guests[guestKey(vm.service, vm.role)]
    if (!vm || !guest) return []
    const { network } = this.#subject
    return [
      this.#list(
        {
          key: `guest ${direction} ${vm.service}/${vm.role}`,
          kind: 'own',
          text: `${this.#action} it in the guest firewall of role ${vm.role} of ${vm.service}, direction ${direction}`,
          at: (rule && lineOf(rule.origin)) ?? firstLine(guest.filter, direction) ?? guest.at,
        },
        {
          tier: 'guest',
          action: this.#action,
          isAt: (other) => {
            if (other.kind !== 'guest' || headingOf(other) !== headingOf(point)) return false
            const node = nodeById(network, other.node)?.vm
            return node?.service === vm.service && node.role === vm.role
          },
        },
      ),
    ]
  }

  #roleBehind({ behind = [] }: Point): RoleOf | undefined {
    const { network } = this.#subject
    const machine = network.nodes.find(
      (node): node is Node =>
        node.vm !== undefined && node.addresses.some((own) => behind.some((other) => ipEquals(own, other))),
    )
    const service = network.services.find(({ name }) => name === machine?.vm?.service)
    const role = service?.roles.find(({ name }) => name === machine?.vm?.role)
    return service && role && { service, role }
  }
}

const headingOf = ({ flow, direction }: Point): string =>
  flow?.heading ?? (direction === 'in' ? 'to-local' : 'from-local')

const siteOf = (network: Network, { node }: Point): Site | undefined =>
  siteByName(network, nodeById(network, node)?.site ?? '')

/** As the network file calls it. */
const listName = ({ name }: Filter): string => (name === 'operator-acl' ? "'acl-rules'" : name)

const isProducts = ({ rules }: Filter): boolean =>
  rules.some(({ at }) => at.file.startsWith(productTemplates))

const firstLine = ({ rules }: Filter, direction: 'in' | 'out'): SourceRange | undefined =>
  (rules.find((rule) => rule.direction === direction) ?? rules[0])?.at

/** Every rule of a point that may stop something. */
export const denialsOf = (point: Point): readonly RulePlace[] =>
  rulesOf(point).filter(({ rule, audited }) => rule.action === 'deny' && !audited)
