/** Random access lists of a balancer's endpoints, about the ends that its packets have. */
import { familyBits, hostPrefix, PortRange, Prefix } from '../../net/index.ts'
import type { Rule, RuleTier } from '../../policy/index.ts'
import type { BalancerWorld } from './arbitrary-balancer.ts'
import type { Draw } from './draw.ts'

/** One tier as of derived balancers, or none. */
export function drawAccessLists(
  d: Draw,
  { endpoints, clients, users }: Pick<BalancerWorld, 'endpoints' | 'clients' | 'users'>,
): readonly RuleTier[] {
  const rules = endpoints.flatMap(({ vip, protocol, port }, n): Rule[] => {
    if (d.chance(50)) return []
    const { family } = vip
    const here = {
      destination: [hostPrefix(vip)],
      protocol,
      destinationPorts: [PortRange(Math.max(0, port - d.below(2)), Math.min(65_535, port + d.below(2)))],
    }
    const subnet = (): Prefix => {
      const { address } = d.pick([...clients[family], ...users[family]])
      const bits = familyBits(family)
      return Prefix(family, address.value, d.pick([0, 1, bits / 4, bits / 2, bits - 8, bits - 1, bits]))
    }
    const listed = d.several(d.below(4), (): Omit<Rule, 'id'> => {
      const source = [subnet(), ...(d.chance(30) ? [subnet()] : [])]
      return { ...base, action: d.chance(60) ? 'next' : 'deny', match: { ...here, source } }
    })
    const rest: Omit<Rule, 'id'>[] = d.chance(50) ? [{ ...base, action: 'deny', match: here }] : []
    return [...listed, ...rest].map((rule, index) => ({ ...rule, id: `acl/${n}/${index}` }))
  })
  return rules.length > 0 ? [{ kind: 'rules', name: 'access-lists', rules }] : []
}

const base = { origin: { kind: 'built-in', name: 'balancer' }, why: 'Drawn at random.' } as const
