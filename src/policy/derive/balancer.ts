/**
 * Balancers (R11, R12): only declared VIP, protocol and port enter, translated; replies and the connections of VMs leave,
 * translated; nothing else passes in either direction.
 */

import { endpointName, type Node, type VirtualEndpoint, virtualEndpointsOf } from '../../model/index.ts'
import { type Family, type Ip, PortRange } from '../../net/index.ts'
import { defaultDeny, egressFull, hairpinFull, shapeTier } from '../built-in.ts'
import type { Point, Tier } from '../point.ts'
import type { Rule } from '../rule.ts'
import type { EgressIn, EgressOut, EndpointIn, EndpointOut, Lending } from '../translation.ts'
import { accessListTiers } from './access-list.ts'
import type { SiteView } from './site-view.ts'
import { templateRule } from './template-rule.ts'

const rule = templateRule('balancer')

/**
 * Ports that egress addresses lend to connections: none at which servers listen that filters on the way keep answers from, as the platform's
 * list does for 1900 and 11211. A multiple of 1,024, which a thousand VMs have for blocks.
 */
const egressPorts = PortRange(12_288, 65_535)

export function balancerPoints(view: SiteView): readonly Point[] {
  const endpoints = virtualEndpointsOf(view.network, view.site.name)
  const shared: Shared = {
    access: accessListTiers(endpoints),
    ins: endpoints.map((endpoint) => translationsOf(endpoint).inward),
    hairpinRules: endpoints.map((endpoint) => translationsOf(endpoint).hairpin),
    outs: endpoints.map((endpoint) => translationsOf(endpoint).outward),
    borrowers: vmAddresses(view),
  }
  return view
    .nodes('balancer')
    .flatMap((balancer) => [external(view, balancer, shared), internal(view, balancer, shared)])
}

/** What all balancers of a site have, as one value: there may be many endpoints, and a list of all VMs for each of them would grow with the square of the site. */
interface Shared {
  readonly access: readonly Tier[]
  readonly ins: readonly EndpointIn[]
  /** Of what VMs of the site use of each of these. */
  readonly hairpinRules: readonly Rule[]
  readonly outs: readonly EndpointOut[]
  /** VMs of the site, to which balancers lend ports. */
  readonly borrowers: Readonly<Record<Family, readonly Ip[]>>
}

function vmAddresses(view: SiteView): Readonly<Record<Family, readonly Ip[]>> {
  const lists: Record<Family, Ip[]> = { 4: [], 6: [] }
  for (const { addresses } of view.nodes('vm'))
    for (const address of addresses) lists[address.family].push(address)
  return lists
}

function external(view: SiteView, balancer: Node, { access, ins }: Shared): Point {
  return {
    id: `${balancer.id}/external/in`,
    kind: 'balancer',
    node: balancer.id,
    interfaces: view.interfaces(balancer.id, 'access-router'),
    direction: 'in',
    tiers: [
      shapeTier,
      ...access,
      {
        kind: 'translation',
        name: 'declared-endpoints',
        translations: [
          ...ins,
          ...balancer.publicAddresses.map(
            (address): EgressIn => ({
              kind: 'egress-in',
              rule: rule(
                view,
                `egress-in/v${address.family}`,
                'allow',
                {},
                'Replies to connections that VMs opened.',
              ),
              address,
              ports: egressPorts,
            }),
          ),
        ],
      },
    ],
    defaultDeny,
  }
}

function internal(view: SiteView, balancer: Node, shared: Shared): Point {
  const { site } = view
  const { access, ins, hairpinRules, outs, borrowers } = shared
  const lending = (address: Ip, full: Rule): Lending => ({
    address,
    ports: egressPorts,
    borrowers: borrowers[address.family],
    quota: site.connectionsPerVm,
    full,
  })
  const hairpinLendings = balancer.publicAddresses.map((address) => lending(address, hairpinFull))
  const hairpins = ins.flatMap((plain, index): EndpointIn[] => {
    const hairpin = hairpinLendings.find(({ address }) => address.family === plain.vip.family)
    return hairpin ? [{ ...plain, rule: hairpinRules[index] as Rule, hairpin }] : []
  })
  return {
    id: `${balancer.id}/internal/in`,
    kind: 'balancer',
    node: balancer.id,
    interfaces: view.interfaces(balancer.id, 'distribution-router'),
    direction: 'in',
    tiers: [
      shapeTier,
      ...access,
      {
        kind: 'translation',
        name: 'declared-endpoints',
        translations: [
          ...balancer.publicAddresses.map(
            (address): EgressIn => ({
              kind: 'egress-in',
              rule: rule(
                view,
                `hairpin/reply/v${address.family}`,
                'allow',
                {},
                'Replies to VMs that use a VIP of their own site.',
              ),
              address,
              ports: egressPorts,
              hairpin: outs.filter(({ vip }) => vip.family === address.family),
            }),
          ),
          ...hairpins,
        ],
      },
      {
        kind: 'rules',
        name: 'undeclared',
        rules: [
          rule(
            view,
            'vip/undeclared',
            'deny',
            { destination: site.public.vips },
            'A VIP answers on its declared ports only, from inside too.',
          ),
        ],
      },
      { kind: 'translation', name: 'replies', translations: outs },
      {
        kind: 'translation',
        name: 'egress',
        translations: balancer.publicAddresses.map(
          (address): EgressOut => ({
            kind: 'egress-out',
            rule: rule(
              view,
              `egress-out/v${address.family}`,
              'allow',
              {},
              'Connections that VMs open to the Internet.',
            ),
            ...lending(address, egressFull),
          }),
        ),
      },
    ],
    defaultDeny,
  }
}

/** What becomes of packets for an endpoint, and of what its machines answer. */
interface EndpointTranslations {
  readonly inward: EndpointIn
  readonly outward: EndpointOut
  readonly hairpin: Rule
}

const known = new WeakMap<VirtualEndpoint, EndpointTranslations>()

/** The same of an endpoint that is the same: after a change nearly all are. */
function translationsOf(endpoint: VirtualEndpoint): EndpointTranslations {
  const made = known.get(endpoint) ?? translate(endpoint)
  known.set(endpoint, made)
  return made
}

function translate(endpoint: VirtualEndpoint): EndpointTranslations {
  const { vip, protocol, port, backends } = endpoint
  const ends = { vip, protocol, port, backends }
  const rule = endpointRule('in', endpoint)
  return {
    inward: { kind: 'endpoint-in', rule, ...ends },
    outward: { kind: 'endpoint-out', rule: endpointRule('reply', endpoint), ...ends },
    hairpin: {
      ...rule,
      id: `hairpin/${rule.id}`,
      why: `A VM of the site uses ${endpointName(endpoint)}.`,
    },
  }
}

function endpointRule(prefix: string, endpoint: VirtualEndpoint): Rule {
  const name = endpointName(endpoint)
  const why = prefix === 'in' ? `${name} is public.` : `Replies of ${name}.`
  const id = `${prefix}/${name}/v${endpoint.vip.family}`
  return { id, action: 'allow', match: {}, origin: { kind: 'file', at: endpoint.at }, why }
}
