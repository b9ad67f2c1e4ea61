/** Routes of sites of one template, compared: the same but for addresses. Those to VMs are left out, since they follow the services of a site. */
import {
  hostServices,
  type Network,
  type Node,
  type NodeKind,
  nodeById,
  type Site,
} from '../../model/index.ts'
import { formatPrefix, hostPrefix, type Prefix, PrefixMap } from '../../net/index.ts'
import type { World } from '../../trace/index.ts'
import type { Remark } from './invariant.ts'
import type { Proof } from './proof.ts'

/** Nodes whose routes are those of the template. */
const compared: ReadonlySet<NodeKind> = new Set([
  'isp',
  'access-router',
  'balancer',
  'distribution-router',
  'name-server',
  'fabric-controller',
  'jump-box',
  'storage',
  'activation-server',
  'host',
])

export function routeDifferences(proof: Proof, a: Site, b: Site): readonly Remark[] {
  const owners = ownersOf(proof.network)
  return proof.network.nodes.flatMap((node): readonly Remark[] => {
    const model = `${a.name}/${node.name}`
    if (node.site !== b.name || !compared.has(node.kind) || !nodeById(proof.network, model)) return []
    const [here, there] = [shapesOf(proof, owners, node.id), shapesOf(proof, owners, model)]
    const extra = [...here].find((each) => !there.has(each))
    const missing = [...there].find((each) => !here.has(each))
    const texts = [
      ...(extra === undefined ? [] : [`${node.id} ${extra}, and ${model} does not`]),
      ...(missing === undefined ? [] : [`${model} ${missing}, and ${node.id} does not`]),
    ]
    return texts.map((text) => ({ at: node.id, text: `${text}: they are of one template` }))
  })
}

/** What a prefix is: addresses of a node, or a pool, and of which site. */
interface Owner {
  readonly what: string
  readonly site?: string
  readonly node?: Node
}

type Owners = Pick<PrefixMap<Owner>, 'get'>

const known = new WeakMap<Network, Owners>()

/** Worked out once for all sites of a network. */
function ownersOf(network: Network): Owners {
  const owners = known.get(network) ?? ownersIn(network)
  known.set(network, owners)
  return owners
}

function ownersIn(network: Network): Owners {
  const owners = new PrefixMap<Owner>()
  const add = (prefixes: readonly Prefix[], owner: Owner): void => {
    for (const each of prefixes) owners.set(each, owner)
  }
  add(network.internal, { what: 'the inside' })
  for (const { name, addresses } of hostServices)
    add(addresses.map(hostPrefix), { what: `the ${name} of hosts` })
  for (const {
    name: site,
    pools,
    public: { vips, routers },
  } of network.sites) {
    for (const [what, prefixes] of Object.entries(pools)) add(prefixes, { what: `the pool of ${what}`, site })
    add(vips, { what: 'VIPs', site })
    add(routers, { what: 'public router addresses', site })
  }
  for (const node of network.nodes) {
    const site = node.site === undefined ? {} : { site: node.site }
    add(node.addresses.map(hostPrefix), { what: node.name, node, ...site })
    add(node.publicAddresses.map(hostPrefix), { what: `the public address of ${node.name}`, node, ...site })
  }
  return owners
}

const shapes = new WeakMap<World, Map<string, ReadonlySet<string>>>()

/** The routes of a node as phrases, in words that fit every site of the template. Those of the first site are asked for by all others. */
function shapesOf({ world }: Proof, owners: Owners, id: string): ReadonlySet<string> {
  const ofWorld = shapes.get(world) ?? new Map<string, ReadonlySet<string>>()
  shapes.set(world, ofWorld)
  const known = ofWorld.get(id) ?? shapesIn(world, owners, id)
  ofWorld.set(id, known)
  return known
}

function shapesIn(world: World, owners: Owners, id: string): ReadonlySet<string> {
  const { site } = world.node(id)
  return new Set(
    world.routes(id).flatMap(({ prefix, nextHops }) => {
      const owner = prefix.length === 0 ? { what: 'all else' } : owners.get(prefix)
      if (owner && 'node' in owner && owner.node?.kind === 'vm') return []
      const peers = nextHops.map((hop) => {
        const peer = world.node(world.peer(id, hop.interface).node)
        return peer.site === site ? peer.name : `a ${peer.kind} elsewhere`
      })
      const what = owner ? placed(owner, site) : formatPrefix(prefix)
      return peers.length === 0
        ? [`discards IPv${prefix.family} for ${what}`]
        : [`sends IPv${prefix.family} for ${what} to ${[...new Set(peers)].sort().join(' or ')}`]
    }),
  )
}

const placed = ({ what, site, node }: Owner, own: string | undefined): string =>
  site === undefined || site === own ? what : node ? `a ${node.kind} elsewhere` : `${what} elsewhere`
