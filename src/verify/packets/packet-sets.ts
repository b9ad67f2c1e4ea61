/** Sets of packets: decision diagrams whose levels are header fields. */
import type { Family, Prefix } from '../../net/index.ts'
import { icmpOf, Protocol } from '../../net/index.ts'
import type { Match } from '../../policy/index.ts'
import { type IpHeaders, icmpEcho, oddProtocols } from '../../wire/index.ts'
import {
  constant,
  type Diagram,
  type DiagramSet,
  Diagrams,
  everything,
  nothing,
  type Range,
} from '../diagram/index.ts'
import { addressSet, merged } from './addresses.ts'
import { type End, type Field, familyNumber, highest, level, tupleOf } from './levels.ts'

const families = [4, 6] as const

/** From how many prefixes on a list is remembered. */
const long = 16

/** Packet sets of one proof; sets of different ones must not meet. */
export class PacketSets extends Diagrams {
  /**
   * Every packet that filters can meet: of a field that its protocol does not have, only 0, as `readHeaders` reads it; no IPv6 protocol that is an
   * extension header, and no ICMP of the other family, since such packets have another shape. Echo identifiers count as ports.
   */
  readonly all: DiagramSet
  /** By list, end and family: of long lists alone. To remember something of every short one costs more than to make it again. */
  readonly #lists = new WeakMap<readonly Prefix[], Map<string, DiagramSet>>()

  constructor() {
    super(highest)
    this.all = this.#wellFormed()
  }

  /** No packet. */
  readonly none = nothing

  /** The diagram with one value inside the set, and 0 outside. */
  valued(set: DiagramSet, value: number): Diagram {
    return this.mask<Diagram>(set, constant(value))
  }

  /** Packets that a match holds for. */
  match(match: Match): DiagramSet {
    const { protocol, sourcePorts, destinationPorts, tcpFlags, icmpType, icmpCode } = match
    return this.allOf([
      protocol !== undefined && this.field('protocol', [[protocol, protocol]]),
      icmpType !== undefined && this.field('icmpType', [[icmpType, icmpType]]),
      icmpCode !== undefined && this.field('icmpCode', [[icmpCode, icmpCode]]),
      tcpFlags !== undefined && this.field('tcpFlags', flagRanges(tcpFlags)),
      destinationPorts && this.field('destinationPort', rangesOf(destinationPorts)),
      sourcePorts && this.field('sourcePort', rangesOf(sourcePorts)),
      this.#ends(match),
    ])
  }

  /** Packets with one of the numbers in a field. */
  field(field: Field, ranges: readonly Range[]): DiagramSet {
    return this.cut(level[field], merged(ranges), everything) as DiagramSet
  }

  /** Packets of a family. */
  family(family: Family): DiagramSet {
    const number = familyNumber(family)
    return this.cut(level.family, [[number, number]], everything) as DiagramSet
  }

  /** Packets with an address of the list at an end, of the list's families. */
  addresses(end: End, prefixes: readonly Prefix[]): DiagramSet {
    return this.branch(
      level.family,
      families.map((family) => [
        [familyNumber(family), familyNumber(family)],
        this.#list(end, family, prefixes),
      ]),
    ) as DiagramSet
  }

  /** What all of the sets hold; absent ones hold everything. */
  allOf(sets: readonly (DiagramSet | false | undefined)[]): DiagramSet {
    let result = everything
    for (const set of sets) if (set !== undefined && set !== false) result = this.mask(result, set)
    return result
  }

  holds(set: DiagramSet, packet: IpHeaders): boolean {
    return this.at(set, tupleOf(packet)) !== 0
  }

  /** The value of a diagram for a packet. */
  valueFor(diagram: Diagram, packet: IpHeaders): number {
    return this.at(diagram, tupleOf(packet))
  }

  #ends({ family, source, destination }: Match): DiagramSet {
    if (!source && !destination) return family === undefined ? everything : this.family(family)
    return this.branch(
      level.family,
      families.map((each) => [
        [familyNumber(each), familyNumber(each)],
        family !== undefined && family !== each
          ? nothing
          : this.mask(
              destination ? this.#list('destination', each, destination) : everything,
              source ? this.#list('source', each, source) : everything,
            ),
      ]),
    ) as DiagramSet
  }

  #list(end: End, family: Family, prefixes: readonly Prefix[]): DiagramSet {
    if (prefixes.length < long) return addressSet(this, end, family, prefixes)
    const lists = this.#lists.get(prefixes) ?? new Map<string, DiagramSet>()
    this.#lists.set(prefixes, lists)
    const key = `${end}${family}`
    const set = lists.get(key) ?? addressSet(this, end, family, prefixes)
    lists.set(key, set)
    return set
  }

  #wellFormed(): DiagramSet {
    const zero = (...fields: readonly Field[]) => fields.map((field) => this.field(field, [[0, 0]]))
    const unused = (end: End) =>
      [0, 1, 2].map((at) => this.cut(level[end] + at, [[0, 0]], everything) as DiagramSet)
    return this.union(
      families.map((family) => {
        const icmp = icmpOf(family)
        const plain = this.without(
          everything,
          this.field(
            'protocol',
            [Protocol.tcp, Protocol.udp, icmp, ...oddProtocols[family]].map((p): Range => [p, p]),
          ),
        )
        const of = (protocol: number) => this.field('protocol', [[protocol, protocol]])
        return this.allOf([
          this.family(family),
          ...(family === 4 ? [...unused('destination'), ...unused('source')] : []),
          this.union([
            this.allOf([of(Protocol.tcp), ...zero('icmpType', 'icmpCode')]),
            this.allOf([of(Protocol.udp), ...zero('icmpType', 'icmpCode', 'tcpFlags')]),
            this.allOf([of(icmp), ...zero('tcpFlags'), this.#echoPorts(family)]),
            this.allOf([plain, ...zero('icmpType', 'icmpCode', 'tcpFlags', 'destinationPort', 'sourcePort')]),
          ]),
        ])
      }),
    )
  }

  /** The identifier of a request is its source port, that of a reply its destination port. */
  #echoPorts(family: Family): DiagramSet {
    const { request, reply } = icmpEcho[family]
    const type = (value: number) => this.field('icmpType', [[value, value]])
    const noSource = this.field('sourcePort', [[0, 0]])
    const noDestination = this.field('destinationPort', [[0, 0]])
    return this.union([
      this.mask(type(request), noDestination),
      this.mask(type(reply), noSource),
      this.allOf([
        this.without(everything, this.union([type(request), type(reply)])),
        noSource,
        noDestination,
      ]),
    ])
  }
}

const rangesOf = (ports: readonly { readonly first: number; readonly last: number }[]): readonly Range[] =>
  ports.map(({ first, last }) => [first, last])

function flagRanges({ mask, value }: { readonly mask: number; readonly value: number }): readonly Range[] {
  const ranges: Range[] = []
  for (let flags = 0; flags < 256; flags++) if ((flags & mask) === value) ranges.push([flags, flags])
  return ranges
}
