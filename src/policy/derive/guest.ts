/**
 * The guest firewall (R23): what a customer lets into and out of the VMs of a role, enforced inside the VM. It knows nothing of the
 * hypervisor's filter, and each can only narrow what the other lets pass. Inward all is denied that no rule allows; outward all is
 * allowed that no rule denies, unless the customer says otherwise.
 */
import { guestKey } from '../../model/index.ts'
import { defaultDeny, flowTier, shapeTier } from '../built-in.ts'
import type { Point, RuleTier } from '../point.ts'
import type { Rule } from '../rule.ts'
import { MachineTiers } from './machine-tiers.ts'
import type { MachinePoints, SiteView } from './site-view.ts'

/** The points of each VM of a site whose role has a guest firewall. */
export function guestPoints(view: SiteView): MachinePoints {
  const firewalls = new Map(
    Object.entries(view.site.filters.guests).map(([key, { filter, outbound, at }]) => {
      const open: Rule = {
        id: 'guest/outbound',
        action: 'allow',
        match: {},
        origin: { kind: 'file', at },
        why: 'The customer does not restrict what the machine sends otherwise.',
      }
      const inward = new GuestTiers(new MachineTiers(view, filter, 'in'), [])
      const outward = new GuestTiers(
        new MachineTiers(view, filter, 'out'),
        outbound === 'allow' ? [open] : [],
      )
      return [key, { inward, outward }] as const
    }),
  )
  return (vm) => {
    const firewall = vm.vm && firewalls.get(guestKey(vm.vm.service, vm.vm.role))
    if (!firewall) return []
    const table = `${vm.id}/guest`
    const common = {
      kind: 'guest' as const,
      node: vm.id,
      interfaces: view.interfaces(vm.id),
      behind: vm.addresses,
      defaultDeny,
    }
    return [
      {
        ...common,
        id: `${table}/in`,
        direction: 'in',
        flow: { table, heading: 'to-local' },
        tiers: [shapeTier, flowTier, ...firewall.inward.of(vm)],
      },
      {
        ...common,
        id: `${table}/out`,
        direction: 'out',
        flow: { table, heading: 'from-local' },
        tiers: [shapeTier, flowTier, ...firewall.outward.of(vm)],
      },
    ] satisfies Point[]
  }
}

/** Tiers of a machine, written by the customer rather than by a template, and what follows the rules. */
class GuestTiers {
  readonly #tiers: MachineTiers
  readonly #rest: readonly Rule[]
  readonly #made = new Map<RuleTier | undefined, RuleTier>()

  constructor(tiers: MachineTiers, rest: readonly Rule[]) {
    this.#tiers = tiers
    this.#rest = rest
  }

  of(vm: Parameters<MachineTiers['of']>[0]): readonly RuleTier[] {
    const [given] = this.#tiers.of(vm)
    if (!given && this.#rest.length === 0) return []
    const made = this.#made.get(given) ?? {
      kind: 'rules' as const,
      name: 'guest',
      rules: [...(given?.rules ?? []).map(asWritten), ...this.#rest],
    }
    this.#made.set(given, made)
    return [made]
  }
}

const asWritten = (rule: Rule): Rule =>
  rule.origin.kind === 'template' && rule.origin.line
    ? { ...rule, origin: { kind: 'file', at: rule.origin.line } }
    : rule
