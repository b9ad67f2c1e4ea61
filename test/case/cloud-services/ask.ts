/** Questions to a network, answered by every point on a packet's way. */
import type { Network } from '../../../src/model/index.ts'
import type { Ip } from '../../../src/net/index.ts'
import { derivePolicy } from '../../../src/policy/index.ts'
import { type Conversation, converse, createWorld, type World } from '../../../src/trace/index.ts'

export const worldOf = (network: Network): World => createWorld(network, derivePolicy(network))

export const addressOf = (world: World, node: string, family: 4 | 6): Ip =>
  world.node(node).addresses.find((address) => address.family === family) as Ip

export interface Question {
  readonly from: string
  readonly to: Ip | string
  readonly port: number
  readonly protocol?: 'tcp' | 'udp' | 'icmp'
  readonly family?: 4 | 6
}

export function ask(world: World, { from, to, port, protocol = 'tcp', family = 4 }: Question): Conversation {
  return converse(world, {
    from,
    source: addressOf(world, from, family),
    destination: typeof to === 'string' ? addressOf(world, to, family) : to,
    protocol,
    sourcePort: 40_000,
    destinationPort: port,
  })
}

export const ruleOf = ({ stops }: Conversation): string | undefined => {
  const end = stops[0]?.end
  return end?.kind === 'denied' ? end.rule.id : undefined
}

export const families = [4, 6] as const
