/**
 * Translations of a balancer (docs/guide/semantics.md, "Translation") for packets that are of no known connection: to what they apply, and what a
 * packet that leaves may have been before. A balancer may choose any machine behind an endpoint, and lend any of its ports.
 */
import type { Ip } from '../../../src/net/index.ts'
import type { EndpointIn, EndpointOut, Lending, Policy, Translation } from '../../../src/policy/index.ts'
import {
  familyBit,
  flagsAre,
  is,
  isEchoRequest,
  type PacketTerms,
  within,
} from '../../../src/verify/testing/smt/packets.ts'
import { and, not, or } from '../../../src/verify/testing/smt/terms.ts'

/** What a packet may have been. */
export interface Origin {
  /** What is known of it beside what the packet still shows. */
  readonly before: Partial<PacketTerms>
  /** What holds of the packet if it was that. */
  readonly condition: string
}

/** That a translation applies to a packet. */
export function applies(translation: Translation, packet: PacketTerms): string {
  switch (translation.kind) {
    case 'endpoint-in': {
      const { vip, protocol, port, backends, hairpin } = translation
      if (backends.length === 0) return 'false'
      const addressed = and([is('protocol', protocol, packet), isEnd('destination', vip, port, packet)])
      return hairpin ? and([addressed, isLent(hairpin, packet)]) : addressed
    }
    case 'endpoint-out': {
      const { protocol, backends } = translation
      const sent = or(backends.map(({ address, port }) => isEnd('source', address, port, packet)))
      return and([is('protocol', protocol, packet), sent, not(opensTcp(packet))])
    }
    case 'egress-out':
      return isLent(translation, packet)
    case 'egress-in':
      return 'false'
  }
}

/**
 * What a packet may have been before a translation made it what it is.
 * @param ports source ports that stand for all; see {@link tellingPorts}
 */
export function origins(
  translation: Translation,
  packet: PacketTerms,
  ports: readonly bigint[],
): readonly Origin[] {
  switch (translation.kind) {
    case 'endpoint-in': {
      const { vip, protocol, port, backends, hairpin } = translation
      const chosen = or(backends.map((each) => isEnd('destination', each.address, each.port, packet)))
      const condition = and([is('protocol', protocol, packet), chosen])
      const before = { ...kindOf(translation), destination: vip.value, destinationPort: BigInt(port) }
      if (!hairpin) return [{ before, condition }]
      return borrowed(hairpin, packet, ports).map((lent) => ({
        before: { ...before, ...lent.before },
        condition: and([condition, lent.condition]),
      }))
    }
    case 'endpoint-out': {
      const { vip, protocol, port, backends } = translation
      const condition = and([is('protocol', protocol, packet), isEnd('source', vip, port, packet)])
      return backends.map(({ address, port: own }) => ({
        before: { ...kindOf(translation), source: address.value, sourcePort: BigInt(own) },
        condition,
      }))
    }
    case 'egress-out':
      return borrowed(translation, packet, ports)
    case 'egress-in':
      return []
  }
}

const kindOf = ({ vip, protocol }: EndpointIn | EndpointOut) => ({
  family: BigInt(familyBit(vip.family)),
  protocol: BigInt(protocol),
})

function borrowed(
  { address, ports: lent, borrowers }: Lending,
  packet: PacketTerms,
  ports: readonly bigint[],
): readonly Origin[] {
  const family = BigInt(familyBit(address.family))
  const condition = and([
    is('family', family, packet),
    is('source', address.value, packet),
    within('sourcePort', lent.first, lent.last, packet),
  ])
  return borrowers.flatMap(({ value: source }) =>
    ports.map((sourcePort) => ({ before: { family, source, sourcePort }, condition })),
  )
}

/** What opens a connection, and comes from somebody who may borrow a port for it. */
const isLent = ({ address, borrowers }: Lending, packet: PacketTerms): string =>
  and([
    is('family', familyBit(address.family), packet),
    or(borrowers.map(({ value }) => is('source', value, packet))),
    or([opensTcp(packet), is('protocol', 17, packet), isEchoRequest(packet)]),
  ])

/** Of FIN, SYN, RST and ACK only SYN. */
export const opensTcp = (packet: PacketTerms): string =>
  and([is('protocol', 6, packet), flagsAre(0x17, 0x02, packet)])

const isEnd = (end: 'source' | 'destination', address: Ip, port: number, packet: PacketTerms): string =>
  and([isOneOf(end, [address], packet), is(`${end}Port`, port, packet)])

/** That an end is one of some addresses. */
export const isOneOf = (
  end: 'source' | 'destination',
  addresses: readonly Ip[],
  packet: PacketTerms,
): string =>
  or(
    addresses.map(({ family, value }) =>
      and([is('family', familyBit(family), packet), is(end, value, packet)]),
    ),
  )

/**
 * Source ports that stand for all that a packet may have had before one was lent to it. All that is asked of a source port is whether it is in the
 * range of a rule, or that of a machine behind an endpoint: so 0, the first of each range and the first behind it show every answer that there is.
 */
export function tellingPorts({ points }: Policy): readonly bigint[] {
  const ranges = points.flatMap(({ tiers }) =>
    tiers.flatMap((tier) => {
      if (tier.kind === 'rules') return tier.rules.flatMap(({ match }) => match.sourcePorts ?? [])
      if (tier.kind === 'grants') return tier.match.sourcePorts ?? []
      if (tier.kind !== 'translation') return []
      return tier.translations.flatMap((each) =>
        each.kind === 'endpoint-out' ? each.backends.map(({ port }) => ({ first: port, last: port })) : [],
      )
    }),
  )
  const ports = ranges.flatMap(({ first, last }) => [first, last + 1]).filter((port) => port <= 0xffff)
  return [...new Set([0, ...ports])].sort((a, b) => a - b).map(BigInt)
}
