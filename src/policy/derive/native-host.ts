/**
 * The native host firewall (R21): machines with an operating system of their own and no hypervisor (storage nodes, fabric controllers,
 * name and activation servers, jump boxes) get the two sets of rules that VMs get. Inward what their role offers, to the clients
 * that its category names; outward what their machine is for. All else is denied in both directions.
 */
import {
  infrastructureClients,
  isAmong,
  type Listener,
  type Network,
  type Node,
  type NodeKind,
  nodesOfKind,
  type Site,
} from '../../model/index.ts'
import { aggregatePrefixes, PortRange, type Prefix, Protocol, prefix } from '../../net/index.ts'
import { defaultDeny, flowTier, shapeTier } from '../built-in.ts'
import type { Point, RuleTier } from '../point.ts'
import type { Rule } from '../rule.ts'
import { dhcp6Reply, dhcp6Request, dhcpReply, dhcpRequest } from './dhcp.ts'
import { addressesOf, type SiteView } from './site-view.ts'
import { templateRule } from './template-rule.ts'

/** Machines without a hypervisor. */
const nativeKinds: readonly NodeKind[] = [
  'name-server',
  'fabric-controller',
  'jump-box',
  'storage',
  'activation-server',
]

const native = templateRule('native-host')

export function nativeHostPoints(view: SiteView): readonly Point[] {
  const offers = offersOf(view)
  return nativeKinds.flatMap((kind) => {
    const nodes = view.nodes(kind)
    const [first] = nodes
    if (!first) return []
    // Machines of one kind offer the same; what they may ask of others can be said of one machine.
    const role = roleTier(view, first)
    return nodes.flatMap((node) => {
      const common = {
        kind: 'native-host' as const,
        node: node.id,
        interfaces: view.interfaces(node.id),
        behind: node.addresses,
        defaultDeny,
      }
      const table = `${node.id}/native`
      return [
        {
          ...common,
          id: `${table}/in`,
          direction: 'in',
          flow: { table, heading: 'to-local' },
          tiers: [shapeTier, flowTier, role],
        },
        {
          ...common,
          id: `${table}/out`,
          direction: 'out',
          flow: { table, heading: 'from-local' },
          tiers: [shapeTier, flowTier, machineTier(view, node, offers)],
        },
      ] satisfies Point[]
    })
  })
}

/** What the machines of a kind offer, to whom its category says. */
function roleTier(view: SiteView, node: Node): RuleTier {
  const listening = node.listeners.flatMap((listener): Rule[] => {
    const clients = infrastructureClients(view.network, node, listener)
    if (!clients) return []
    const { sources, access } = clients
    return [
      {
        id: `role/${listener.name}`,
        action: 'allow',
        match: { ...(sources && { source: aggregatePrefixes(sources) }), ...portOf(listener) },
        origin: { kind: 'file', at: access.at },
        why:
          sources === undefined
            ? `Category ${access.category}: open to all.`
            : `Category ${access.category}: open to the clients named there.`,
      },
    ]
  })
  const infrastructure = view.site.pools.infrastructure
  const dhcp6 = { source: [...infrastructure, prefix('fe80::/10')], ...dhcp6Reply }
  return {
    kind: 'rules',
    name: 'role',
    rules: [
      ...listening,
      native(
        view,
        'native/dhcp-reply',
        'allow',
        { source: infrastructure, ...dhcpReply },
        'The machine gets its address.',
      ),
      native(view, 'native/dhcp6-reply', 'allow', dhcp6, 'The machine gets its IPv6 address.'),
    ],
  }
}

/** Outward: DHCP, names, and the services of which the machine is a client. */
function machineTier(view: SiteView, node: Node, offers: readonly Offer[]): RuleTier {
  const asked = offers.flatMap((offer): Rule[] => {
    if (!isClient(view, node, offer)) return []
    const destination = addressesOf(offer.servers.filter(({ id }) => id !== node.id))
    if (destination.length === 0) return []
    const elsewhere = offer.site.name === view.site.name ? '' : `-${offer.site.name}`
    return [
      {
        id: `native/${offer.listener.name}${elsewhere}`,
        action: 'allow',
        match: { destination: aggregatePrefixes(destination), ...portOf(offer.listener) },
        origin: { kind: 'template', name: 'native-host', at: offer.at },
        why: `The machine is a client of this service of ${offer.site.name}.`,
      },
    ]
  })
  return {
    kind: 'rules',
    name: 'machine-config',
    rules: [
      native(view, 'native/dhcp', 'allow', dhcpRequest, 'The machine asks for its address.'),
      native(view, 'native/dhcp6', 'allow', dhcp6Request, 'The machine asks for its IPv6 address.'),
      ...asked,
    ],
  }
}

/** A listener of a kind of machine of a site, and who may connect to it. */
interface Offer {
  readonly site: Site
  readonly listener: Listener
  readonly servers: readonly Node[]
  /** `undefined`: all. */
  readonly clients: readonly Prefix[] | undefined
  readonly at: Site['at']
}

/** Of all sites; the same for all machines of one. */
function offersOf({ network }: SiteView): readonly Offer[] {
  const known = offersByNetwork.get(network)
  if (known) return known
  const offers = network.sites.flatMap((site) =>
    [...nativeKinds, 'host' as const].flatMap((kind): Offer[] => {
      const servers = nodesOfKind(network, site.name, kind)
      const [first] = servers
      return (first?.listeners ?? []).flatMap((listener) => {
        const clients = infrastructureClients(network, first as Node, listener)
        if (!clients) return []
        return [{ site, listener, servers, clients: clients.sources, at: clients.access.at }]
      })
    }),
  )
  offersByNetwork.set(network, offers)
  return offers
}

const offersByNetwork = new WeakMap<Network, readonly Offer[]>()

/** Open services are asked in the own site alone. */
function isClient({ site }: SiteView, node: Node, offer: Offer): boolean {
  const { clients } = offer
  if (!clients) return offer.site.name === site.name
  return isAmong(clients, node)
}

const portOf = ({ protocol, port }: Listener) => ({
  protocol: Protocol[protocol],
  destinationPorts: [PortRange(port)],
})
