/** A filter's rules as they are at each machine of a site. Machines for which they are the same share one tier. */
import {
  type Filter,
  groupBy,
  type Node,
  nodeById,
  type RelativeMachines,
  type ResolvedRule,
  vmsOfHost,
} from '../../model/index.ts'
import type { Prefix } from '../../net/index.ts'
import type { RuleTier } from '../point.ts'
import { filterRules, relativeNames } from './filter-rules.ts'
import { addressesOf, type SiteView } from './site-view.ts'

/** Before a name of a rule. */
const prefixes: Readonly<Record<string, string>> = { 'machine-config': 'machine', 'host-config': 'host' }

export class MachineTiers {
  readonly #view: SiteView
  readonly #filter: Filter
  readonly #direction: ResolvedRule['direction']
  readonly #names: ReadonlySet<RelativeMachines>
  readonly #tiers = new Map<string, readonly RuleTier[]>()
  readonly #addresses = new Map<string, readonly Prefix[]>()
  /** VMs of the site by their service, once it is asked for. */
  #services: ReadonlyMap<string | undefined, readonly Node[]> | undefined

  constructor(view: SiteView, filter: Filter, direction: ResolvedRule['direction']) {
    this.#view = view
    this.#filter = filter
    this.#direction = direction
    this.#names = relativeNames(filter, direction)
  }

  /** None if the filter has no rule in this direction. */
  of(machine: Node): readonly RuleTier[] {
    const key = Array.from(this.#names, (name) => keyOf(name, machine)).join(' ')
    const known = this.#tiers.get(key)
    if (known) return known
    const prefix = prefixes[this.#filter.name] ?? this.#filter.name
    const rules = filterRules(this.#filter, this.#direction, prefix, this.#view.site, (name) =>
      this.#relative(name, machine),
    )
    const tiers: readonly RuleTier[] =
      rules.length > 0 ? [{ kind: 'rules', name: this.#filter.name, rules }] : []
    this.#tiers.set(key, tiers)
    return tiers
  }

  /** Lists that differ from machine to machine, for `Point.sets`; not that of its own addresses, which `Point.behind` has. */
  sets(machine: Node): readonly (readonly Prefix[])[] {
    return [...this.#names].filter((name) => name !== 'this').map((name) => this.#relative(name, machine))
  }

  #relative(name: RelativeMachines, machine: Node): readonly Prefix[] {
    const key = `${name} ${keyOf(name, machine)}`
    const known = this.#addresses.get(key)
    if (known) return known
    const addresses = addressesOf(this.#machines(name, machine))
    this.#addresses.set(key, addresses)
    return addresses
  }

  #machines(name: RelativeMachines, machine: Node): readonly Node[] {
    const { network } = this.#view
    switch (name) {
      case 'this':
        return [machine]
      case 'this-host':
        return [nodeById(network, hostOf(machine))].flatMap((node) => node ?? [])
      case 'vms-of-this-host':
        return vmsOfHost(network, hostOf(machine))
      case 'same-service':
        this.#services ??= groupBy(this.#view.nodes('vm'), ({ vm }) => vm?.service)
        return this.#services.get(machine.vm?.service) ?? []
    }
  }
}

const hostOf = ({ id, vm }: Node): string => vm?.host ?? id

/** Equal for machines to which the name means the same. */
function keyOf(name: RelativeMachines, machine: Node): string {
  if (name === 'this') return machine.id
  return name === 'same-service' ? (machine.vm?.service ?? machine.id) : hostOf(machine)
}
