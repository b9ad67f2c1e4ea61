/**
 * The Stanford backbone as the APKeep project publishes it: 16 routers, what their forwarding tables and access lists get rule by rule, and cables.
 * The data is not part of this project.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** An entry of a forwarding table; the address is a number of 32 bits. */
export interface ForwardingRule {
  readonly router: string
  readonly address: number
  readonly length: number
  /** A port, a VLAN (which is several ports), or `self`: for the router itself, or discarded. */
  readonly port: string
}

export interface AccessRule {
  readonly action: 'permit' | 'deny'
  /** First and last. */
  readonly protocols: readonly [number, number]
  readonly source: AddressBlock
  readonly destination: AddressBlock
  readonly sourcePorts?: readonly [number, number]
  readonly destinationPorts?: readonly [number, number]
  /** The highest that matches decides; what none matches is denied. */
  readonly priority: number
}

/** Addresses that differ from one in the bits of the wildcard alone, which need not be the last ones: `x.x.0.1 0.0.255.0`. */
export interface AddressBlock {
  readonly address: number
  readonly wildcard: number
}

/** Access lists on a port, all of which must permit. */
export interface Usage {
  readonly router: string
  readonly port: string
  readonly direction: 'in' | 'out'
  /** Keys of {@link Backbone.lists}. */
  readonly lists: readonly string[]
}

export interface Backbone {
  readonly routers: readonly string[]
  /** In the order of insertion. */
  readonly forwarding: readonly ForwardingRule[]
  /** By `router name`, in the order of insertion. */
  readonly lists: ReadonlyMap<string, readonly AccessRule[]>
  readonly usages: readonly Usage[]
  /** Ports of a VLAN, by `router vlan`. */
  readonly vlans: ReadonlyMap<string, readonly string[]>
  /** Ports that hear a port, by `router port`: each with its router. */
  readonly cables: ReadonlyMap<string, readonly (readonly [router: string, port: string])[]>
}

/** The folder of the data, from the project's root unless `GLACIS_STANFORD` names another; `undefined`: it is not there. */
export const stanfordFolder = (): string | undefined => {
  const folder = process.env.GLACIS_STANFORD ?? '../shared/data/stanford/networks/stanford'
  return existsSync(join(folder, 'updates')) ? folder : undefined
}

export function readBackbone(folder: string): Backbone {
  const forwarding: ForwardingRule[] = []
  const lists = new Map<string, AccessRule[]>()
  // All insertions come first; then all is removed again.
  const [insertions] = readFileSync(join(folder, 'updates'), 'utf8').split('\n-', 1) as [string]
  for (const fields of fieldsOf(insertions)) {
    if (fields[1] === 'fwd') forwarding.push(forwardingRule(fields))
    else added(lists, listKey(fields[2] as string), accessRule(fields))
  }
  const routers = [...new Set(forwarding.map(({ router }) => router))].sort()
  return {
    routers,
    forwarding,
    lists,
    usages: usagesOf(join(folder, 'acls')),
    vlans: new Map(
      linesOf(join(folder, 'vlan.txt')).map(([router, vlan, ...ports]) => [`${router} ${vlan}`, ports]),
    ),
    cables: cablesOf(linesOf(join(folder, 'topo.txt')), new Set(routers)),
  }
}

const linesOf = (file: string): readonly string[][] => fieldsOf(readFileSync(file, 'utf8'))

const fieldsOf = (text: string): readonly string[][] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '))

function added<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

/** `coza_rtr_120` is list 120 of `coza_rtr`. */
const listKey = (name: string): string => {
  const end = name.indexOf('_rtr_') + '_rtr'.length
  return `${name.slice(0, end)} ${name.slice(end + 1)}`
}

function forwardingRule([, , router, address, length, port]: readonly string[]): ForwardingRule {
  return { router: router as string, address: Number(address), length: Number(length), port: port as string }
}

/** `+ acl ELEMENT access-list NAME ACTION PROTOCOLS(2) SOURCE WILDCARD PORTS(2) DESTINATION WILDCARD PORTS(2) PRIORITY`. */
function accessRule(fields: readonly string[]): AccessRule {
  const [
    action,
    protocol,
    lastProtocol,
    source,
    sourceWild,
    from,
    to,
    destination,
    wild,
    first,
    last,
    priority,
  ] = fields.slice(5) as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  // A single port has no last one.
  const ports = (a: string, b: string) =>
    a === 'null' ? undefined : ([Number(a), Number(b === 'null' ? a : b)] as const)
  const sourcePorts = ports(from, to)
  const destinationPorts = ports(first, last)
  return {
    action: action as AccessRule['action'],
    protocols: [Number(protocol), Number(lastProtocol)],
    source: blockOf(source, sourceWild),
    destination: blockOf(destination, wild),
    ...(sourcePorts && { sourcePorts }),
    ...(destinationPorts && { destinationPorts }),
    priority: Number(priority),
  }
}

const number = (dotted: string): number =>
  dotted.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

function blockOf(address: string, wildcard: string): AddressBlock {
  if (address === 'any') return { address: 0, wildcard: 0xffff_ffff }
  const free = wildcard === 'null' ? 0 : number(wildcard)
  return { address: (number(address) & ~free) >>> 0, wildcard: free }
}

/** Each file `ROUTER_usage` has lines `PORT DIRECTION LIST...`. */
function usagesOf(folder: string): readonly Usage[] {
  const suffix = '_usage'
  return readdirSync(folder)
    .filter((name) => name.endsWith(suffix))
    .sort()
    .flatMap((name) => {
      const router = name.slice(0, -suffix.length)
      return linesOf(join(folder, name)).map(
        ([port, direction, ...lists]): Usage => ({
          router,
          port: port as string,
          direction: direction as Usage['direction'],
          lists: lists.map((list) => `${router} ${list}`),
        }),
      )
    })
}

/** Cables lead through elements that stand for access lists; those are left out here, since {@link Usage} says where they are. */
function cablesOf(lines: readonly string[][], routers: ReadonlySet<string>): Backbone['cables'] {
  const edges = new Map<string, (readonly [string, string])[]>()
  for (const [from, port, to, other] of lines as [string, string, string, string][])
    added(edges, routers.has(from) ? `${from} ${port}` : from, [to, other] as const)
  const ends = ([to, port]: readonly [string, string]): readonly (readonly [string, string])[] =>
    routers.has(to) ? [[to, port]] : (edges.get(to) ?? []).flatMap(ends)
  return new Map(
    Array.from(edges, ([from, tos]) => [from, tos.flatMap(ends)] as const).filter(
      ([from, tos]) => from.includes(' ') && tos.length > 0,
    ),
  )
}
