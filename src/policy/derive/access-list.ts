/**
 * Access lists of endpoints, at the balancer before anything is translated: there alone the source is still the one that sent the
 * packet. The first rule of an endpoint's list that matches decides: `allow` leaves the packet to the translation that follows.
 */
import { type AccessList, endpointName, type VirtualEndpoint } from '../../model/index.ts'
import { hostPrefix, PortRange } from '../../net/index.ts'
import type { RuleTier } from '../point.ts'
import type { Match, Rule } from '../rule.ts'

/** One tier, or none where no endpoint has a list. */
export function accessListTiers(endpoints: readonly VirtualEndpoint[]): readonly RuleTier[] {
  const rules = guarded(endpoints).flatMap(rulesOf)
  return rules.length > 0 ? [{ kind: 'rules', name: 'access-lists', rules }] : []
}

interface Guarded {
  /** `shop/web/https`; the instances of an endpoint are together. */
  readonly name: string
  readonly acl: AccessList
  readonly first: VirtualEndpoint
  readonly ports: number[]
}

/** Endpoints with a list, each once for each of its VIPs. */
function guarded(endpoints: readonly VirtualEndpoint[]): readonly Guarded[] {
  const found = new Map<string, Guarded>()
  for (const endpoint of endpoints) {
    if (!endpoint.acl || endpoint.owner.kind !== 'service') continue
    const { instance: _, ...owner } = endpoint.owner
    const name = endpointName({ ...endpoint, owner })
    const key = `${name} ${endpoint.vip.family} ${endpoint.vip.value}`
    const known = found.get(key)
    if (known) known.ports.push(endpoint.port)
    else found.set(key, { name, acl: endpoint.acl, first: endpoint, ports: [endpoint.port] })
  }
  return [...found.values()]
}

function rulesOf({ name, acl, first: { vip, protocol }, ports }: Guarded): readonly Rule[] {
  const id = `acl/${name}/v${vip.family}`
  const here: Match = {
    destination: [hostPrefix(vip)],
    protocol,
    destinationPorts: [PortRange(Math.min(...ports), Math.max(...ports))],
  }
  const rules = acl.rules.flatMap((rule, index): Rule[] => {
    const source = rule.sources.filter(({ family }) => family === vip.family)
    if (source.length === 0) return []
    const isAllowed = rule.action === 'allow'
    return [
      {
        id: `${id}/${index + 1}`,
        action: isAllowed ? 'next' : 'deny',
        match: { ...here, source },
        origin: { kind: 'file', at: rule.at },
        why: `The access list '${acl.name}' of ${name} ${isAllowed ? 'lets these sources in' : 'keeps these sources out'}.`,
      },
    ]
  })
  if (!acl.rules.some(({ action }) => action === 'allow')) return rules
  const why = `The access list '${acl.name}' of ${name} lets only the sources in that it names.`
  return [
    ...rules,
    { id: `${id}/other`, action: 'deny', match: here, origin: { kind: 'file', at: acl.at }, why },
  ]
}
