/**
 * Whether nodes, links and routes of two networks say the same. There are so many of them that comparing whatever parts they have, as {@link Sameness} does, takes long:
 * here each kind is compared by its fields, and the compiler sees that none is left out.
 */
import type { Ip, Prefix } from '../../net/index.ts'
import type { Link, LinkEnd, Listener, NextHop, Node, Route, VmIdentity } from '../network.ts'

type Same<T> = (one: T, other: T) => boolean

/** For each field whether two have the same in it. */
type Fields<T> = { readonly [Name in keyof Required<T>]: Same<T> }

/** Where something was written is no matter. */
const unsaid = (): boolean => true

export const isSameNode = all<Node>({
  id: (a, b) => a.id === b.id,
  kind: (a, b) => a.kind === b.kind,
  site: (a, b) => a.site === b.site,
  name: (a, b) => a.name === b.name,
  at: unsaid,
  addresses: (a, b) => areSameIps(a.addresses, b.addresses),
  publicAddresses: (a, b) => areSameIps(a.publicAddresses, b.publicAddresses),
  vm: (a, b) => isSameIfAny(a.vm, b.vm, isSameVm),
  listeners: (a, b) => areSame(a.listeners, b.listeners, isSameListener),
})

export const isSameLink = all<Link>({
  id: (a, b) => a.id === b.id,
  kind: (a, b) => a.kind === b.kind,
  ends: (a, b) => isSameEnd(a.ends[0], b.ends[0]) && isSameEnd(a.ends[1], b.ends[1]),
})

export const isSameRoute = all<Route>({
  prefix: (a, b) => isSamePrefix(a.prefix, b.prefix),
  nextHops: (a, b) => areSame(a.nextHops, b.nextHops, isSameHop),
  source: (a, b) => isSameIfAny(a.source, b.source, isSameIp),
})

const isSamePrefix = all<Prefix>({
  family: (a, b) => a.family === b.family,
  value: (a, b) => a.value === b.value,
  length: (a, b) => a.length === b.length,
})

const isSameHop = all<NextHop>({
  interface: (a, b) => a.interface === b.interface,
  via: (a, b) => isSameIp(a.via, b.via),
})

export const isSameIp = all<Ip>({
  family: (a, b) => a.family === b.family,
  value: (a, b) => a.value === b.value,
})

const isSameVm = all<VmIdentity>({
  host: (a, b) => a.host === b.host,
  tenant: (a, b) => a.tenant === b.tenant,
  service: (a, b) => a.service === b.service,
  role: (a, b) => a.role === b.role,
  instance: (a, b) => a.instance === b.instance,
})

const isSameListener = all<Listener>({
  name: (a, b) => a.name === b.name,
  protocol: (a, b) => a.protocol === b.protocol,
  port: (a, b) => a.port === b.port,
  application: (a, b) => a.application === b.application,
  addresses: (a, b) => isSameIfAny(a.addresses, b.addresses, areSameIps),
  service: (a, b) => a.service === b.service,
})

const isSameEnd = all<LinkEnd>({
  node: (a, b) => a.node === b.node,
  interface: (a, b) => a.interface === b.interface,
  mac: (a, b) => a.mac === b.mac,
  linkLocal: (a, b) => isSameIp(a.linkLocal, b.linkLocal),
})

function all<T extends object>(fields: Fields<T>): Same<T> {
  const checks: readonly Same<T>[] = Object.values(fields)
  return (one, other) => {
    if (one === other) return true
    for (const isSame of checks) if (!isSame(one, other)) return false
    return true
  }
}

function areSameIps(one: readonly Ip[], other: readonly Ip[]): boolean {
  return areSame(one, other, isSameIp)
}

export function areSame<T>(one: readonly T[], other: readonly T[], isSame: Same<T>): boolean {
  if (one === other) return true
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index++)
    if (!isSame(one[index] as T, other[index] as T)) return false
  return true
}

const isSameIfAny = <T>(one: T | undefined, other: T | undefined, isSame: Same<T>): boolean =>
  one === undefined || other === undefined ? one === other : isSame(one, other)
