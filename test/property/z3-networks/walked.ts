/** What the evaluator's walk says of a packet at a place, whatever the packet was when it was sent. */
import { Ip } from '../../../src/net/index.ts'
import type { World } from '../../../src/trace/index.ts'
import { familyBit, type PacketTerms } from '../../../src/verify/testing/smt/packets.ts'
import type { IpHeaders } from '../../../src/wire/index.ts'
import { everyWay, realWays } from '../soundness/choices.ts'
import { fatesOfWays } from '../soundness/reach.ts'
import { origins, tellingPorts } from './translations.ts'

/**
 * The number that prover and Z3 have for a packet at a place: of a point that of the rule which stops it, plus one; elsewhere 1 if it gets there; 0 if not.
 * @param where as in a question
 */
export function walkedTo(world: World, sender: string, where: string, packet: IpHeaders): number {
  for (const sent of sentAs(world, packet)) {
    for (const ways of everyWay(world, sender, sent, realWays(world, sender, sent)))
      for (const [fate, packets] of fatesOfWays(ways)) {
        const [kind, place, number = '1'] = fate.split(' ')
        if (`${kind} ${place}` === where && packets.some((one) => isSame(one, packet))) return Number(number)
      }
  }
  return 0
}

/** The packet itself, and what it may have been before balancers translated it, once or twice. */
function sentAs(world: World, packet: IpHeaders): readonly IpHeaders[] {
  const ports = tellingPorts(world.policy)
  const translations = world.policy.points.flatMap(({ tiers }) =>
    tiers.flatMap((tier) => (tier.kind === 'translation' ? tier.translations : [])),
  )
  const before = (one: IpHeaders): readonly IpHeaders[] =>
    translations.flatMap((translation) =>
      origins(translation, termsOf(one), ports)
        .filter(({ condition }) => condition === 'true')
        .map((origin) => withTerms(one, origin.before)),
    )
  const once = before(packet)
  return [packet, ...once, ...once.flatMap(before)]
}

const numbers = ['protocol', 'icmpType', 'icmpCode', 'tcpFlags', 'sourcePort', 'destinationPort'] as const

const termsOf = (packet: IpHeaders): PacketTerms => ({
  family: BigInt(familyBit(packet.family)),
  source: packet.source.value,
  destination: packet.destination.value,
  ...(Object.fromEntries(numbers.map((name) => [name, BigInt(packet[name])])) as Record<
    (typeof numbers)[number],
    bigint
  >),
})

function withTerms(packet: IpHeaders, { source, destination, ...rest }: Partial<PacketTerms>): IpHeaders {
  const known = numbers.filter((name) => rest[name] !== undefined)
  return {
    ...packet,
    ...(source !== undefined && { source: Ip(packet.family, BigInt(source)) }),
    ...(destination !== undefined && { destination: Ip(packet.family, BigInt(destination)) }),
    ...Object.fromEntries(known.map((name) => [name, Number(rest[name])])),
  }
}

const isSame = (a: IpHeaders, b: IpHeaders): boolean =>
  a.source.value === b.source.value &&
  a.destination.value === b.destination.value &&
  numbers.every((name) => a[name] === b[name])
