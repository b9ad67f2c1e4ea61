/**
 * Translations of a balancer as maps between sets of packets, of packets that are of no known connection. What each translation does to one
 * packet is said by `policy/translate.ts`; here which packets it applies to, and what they may become: where a backend or a port is chosen,
 * any of them.
 *
 * ICMP errors are not looked at: they find their way by the packet that they quote.
 */
import { hostPrefix, type Ip, icmpOf, Protocol } from '../../net/index.ts'
import {
  type Backend,
  type EgressIn,
  type EndpointOut,
  type Lending,
  openingFlags,
  type Translation,
  type TranslationTier,
} from '../../policy/index.ts'
import { icmpEcho } from '../../wire/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { addressLevels, kindLevels, level, type PacketSets } from '../packets/index.ts'
import { swapEnds } from './ends.ts'
import { type DividedTier, RewriteMemory } from './rewrite-memory.ts'
import type { Watching } from './terrain.ts'
import { type Wanted, WantedPackets } from './wanted-packets.ts'

export interface Rewrite {
  readonly translation: Translation
  /** Packets to which it applies, and no earlier translation of the tier. */
  readonly domain: DiagramSet
  /** What packets of the domain become. */
  image(packets: DiagramSet): DiagramSet
  /** What may become one of the packets, if it is of the domain. Where a machine is chosen, what `chosen` says of it holds too. */
  preimage(packets: DiagramSet, chosen: Chosen): DiagramSet
}

/** Connections that VMs opened and that were lent a port, as the VMs sent them. */
export interface LentConnections {
  /** To the outside, by the egress address. */
  outward(address: Ip): DiagramSet
  /** To endpoints of the site; `undefined`: there are none. */
  hairpins(address: Ip): Hairpins | undefined
}

/** Where an endpoint is reached. */
export type End = Pick<EndpointOut, 'vip' | 'protocol' | 'port'>

export interface OpenedAt<E extends End> {
  readonly endpoint: E
  readonly opened: DiagramSet
}

/** What VMs opened at endpoints of their own site. */
export interface Hairpins {
  at(endpoint: End): DiagramSet
  /** Those of some endpoints at which anything was opened. */
  among<E extends End>(endpoints: readonly E[]): readonly OpenedAt<E>[]
}

/** A set for each machine that a balancer chooses from. */
export type Chosen = (backend: Backend) => DiagramSet

export interface RewriteTier {
  /** Packets to which any translation applies. */
  readonly domain: DiagramSet
  readonly rewrites: readonly Rewrite[]
}

/** How translation tiers treat packets. */
export interface Translating {
  of(tier: TranslationTier): RewriteTier
}

export class Rewrites implements Translating {
  readonly #sets: PacketSets
  readonly #terrain: Watching
  /** TCP that opens a connection, UDP, echo requests: what is lent a port. */
  readonly #opening: DiagramSet
  readonly #openingTcp: DiagramSet

  readonly #parts = new WeakMap<TranslationTier, DividedTier>()
  readonly #memory: RewriteMemory

  /** @param terrain endpoints none of whose backends it watches take packets, but these are not followed */
  constructor(sets: PacketSets, terrain: Watching, memory = new RewriteMemory()) {
    this.#sets = sets
    this.#terrain = terrain
    this.#memory = memory
    this.#openingTcp = sets.match({ protocol: Protocol.tcp, tcpFlags: openingFlags })
    this.#opening = sets.union([
      this.#openingTcp,
      sets.match({ protocol: Protocol.udp }),
      ...([4, 6] as const).map((family) =>
        sets.match({ family, protocol: icmpOf(family), icmpType: icmpEcho[family].request }),
      ),
    ])
  }

  of(tier: TranslationTier): RewriteTier {
    const divided = this.#divided(tier)
    divided.composed ??= this.#composed(tier, (translation) => this.#rewrite(translation))
    return divided.composed
  }

  /** The same translations where other machines are looked at. */
  seenFrom(terrain: Watching): Rewrites {
    return new Rewrites(this.#sets, terrain, this.#memory)
  }

  /** Translations that are followed: of endpoints those behind which somebody is looked at. */
  followed(tier: TranslationTier): readonly Translation[] {
    return this.#divided(tier).watched
  }

  /** The same where connections are known, to which answers may belong. */
  knowing(connections: LentConnections): Translating {
    const tiers = new Map<TranslationTier, RewriteTier>()
    return {
      of: (tier) => {
        if (!tier.translations.some(({ kind }) => kind === 'egress-in')) return this.of(tier)
        const made =
          tiers.get(tier) ??
          this.#composed(tier, (translation) =>
            translation.kind === 'egress-in'
              ? this.#back(translation, connections)
              : this.#rewrite(translation),
          )
        tiers.set(tier, made)
        return made
      },
    }
  }

  #composed(tier: TranslationTier, rewriteOf: (translation: Translation) => Rewrite): RewriteTier {
    const sets = this.#sets
    const { watched, others } = this.#divided(tier)
    const made = this.#tierOf(watched, rewriteOf)
    // Which of two that want the same packet comes first is not looked at here.
    if (sets.mask(made.domain, others) !== sets.none) return this.#tierOf(tier.translations, rewriteOf)
    return { ...made, domain: sets.union([made.domain, others]) }
  }

  #divided(tier: TranslationTier): DividedTier {
    const known = this.#parts.get(tier)
    if (known) return known
    const { isWhole, nodes } = this.#terrain
    const watched = isWhole ? tier.translations : this.#memory.followed(tier, nodes)
    const made = this.#memory.tier(tier, watched, (before) =>
      before?.areApart ? this.#dividedAfter(before, watched) : this.#dividedAnew(tier, watched),
    )
    this.#parts.set(tier, made)
    return made
  }

  #dividedAnew(tier: TranslationTier, watched: readonly Translation[]): DividedTier {
    const followed = new Set(watched)
    const wanted = new WantedPackets(tier.translations)
    const others = wanted.of((each) => !followed.has(each)).map((each) => this.#domainOf(each))
    return { watched, others: this.#sets.union(others), areApart: wanted.areApart }
  }

  /** From what it was where others were followed. */
  #dividedAfter({ watched: was, others }: DividedTier, watched: readonly Translation[]): DividedTier {
    const sets = this.#sets
    const [before, now] = [new Set(was), new Set(watched)]
    const domainOf = (some: readonly Translation[]): DiagramSet =>
      sets.union(new WantedPackets(some).of().map((each) => this.#domainOf(each)))
    const followed = domainOf(watched.filter((each) => !before.has(each)))
    const left = domainOf(was.filter((each) => !now.has(each)))
    return { watched, others: sets.union([sets.without(others, followed), left]), areApart: true }
  }

  #tierOf(
    translations: readonly Translation[],
    rewriteOf: (translation: Translation) => Rewrite,
  ): RewriteTier {
    const sets = this.#sets
    const plain = translations.map(rewriteOf)
    const domain = sets.union(plain.map((each) => each.domain))
    const rewrites = this.#exclusive(plain)
    return { domain, rewrites: rewrites.filter((each) => each.domain !== sets.none) }
  }

  /** Packets to which some endpoints apply that want them by the same port. */
  #domainOf({ first, addresses, port }: Wanted): DiagramSet {
    const sets = this.#sets
    const { protocol } = first
    const list = addresses.map(hostPrefix)
    const ports = [{ first: port, last: port }]
    if (first.kind === 'endpoint-out') {
      const replies = sets.match({ protocol, source: list, sourcePorts: ports })
      return sets.without(replies, this.#openingTcp)
    }
    const addressed = sets.match({ protocol, destination: list, destinationPorts: ports })
    return first.hairpin ? sets.mask(this.#lent(first.hairpin), addressed) : addressed
  }

  /** Each without what an earlier one takes. Mostly nothing is taken, which is seen from all of them at once. */
  #exclusive(rewrites: readonly Rewrite[]): readonly Rewrite[] {
    const sets = this.#sets
    const first = sets.first(rewrites.map(({ domain }, index) => sets.valued(domain, index + 1)))
    return rewrites.map((rewrite, index) => ({
      ...rewrite,
      domain: sets.where(sets.mask(rewrite.domain, first), (value) => value === index + 1),
    }))
  }

  #rewrite(translation: Translation): Rewrite {
    return this.#memory.plain(translation, () => this.#made(translation))
  }

  #made(translation: Translation): Rewrite {
    const sets = this.#sets
    switch (translation.kind) {
      case 'endpoint-in': {
        const { vip, protocol, port, backends, hairpin } = translation
        if (backends.length === 0) return inapplicable(translation, sets)
        const addressed = sets.match({
          protocol,
          destination: [hostPrefix(vip)],
          destinationPorts: [{ first: port, last: port }],
        })
        const targets = backends.map((backend) =>
          sets.match({
            protocol,
            destination: [hostPrefix(backend.address)],
            destinationPorts: [{ first: backend.port, last: backend.port }],
          }),
        )
        const target = sets.union(targets)
        const ends = [...addressLevels('destination'), level.destinationPort]
        const inward = (packets: DiagramSet) => sets.mask(target, sets.forget(packets, ends))
        const outward = (packets: DiagramSet, chosen: Chosen) => {
          const meant = sets.mask(target, packets)
          if (meant === sets.none) return meant
          return sets.union(
            backends.map((backend, index) =>
              sets.mask(sets.forget(sets.mask(targets[index] as DiagramSet, meant), ends), chosen(backend)),
            ),
          )
        }
        if (!hairpin) return { translation, domain: addressed, image: inward, preimage: outward }
        return {
          translation,
          domain: sets.allOf([addressed, this.#lent(hairpin)]),
          image: (packets) => this.#lend(hairpin, inward(packets)),
          preimage: (packets, chosen) => outward(this.#unlend(hairpin, packets), chosen),
        }
      }
      case 'endpoint-out': {
        const { replies, source } = this.#fromEndpoint(translation)
        return {
          translation,
          domain: sets.without(replies, this.#openingTcp),
          image: (packets) => sets.mask(source, sets.forget(packets, sourceEnd)),
          preimage: (packets) => sets.forget(sets.mask(source, packets), sourceEnd),
        }
      }
      case 'egress-out':
        return {
          translation,
          domain: this.#lent(translation),
          image: (packets) => this.#lend(translation, packets),
          preimage: (packets) => this.#unlend(translation, packets),
        }
      case 'egress-in':
        // Only what belongs to a known connection.
        return inapplicable(translation, sets)
    }
  }

  /** Answers to known connections find their VM by the port lent: any of those whose remote end sends them. */
  #back(translation: EgressIn, connections: LentConnections): Rewrite {
    const sets = this.#sets
    const { address, ports, hairpin } = translation
    const toLent = sets.match({ destination: [hostPrefix(address)], destinationPorts: [ports] })
    const answers = (opened: DiagramSet) =>
      sets.mask(sets.all, sets.forget(swapEnds(sets, opened), kindLevels))
    if (!hairpin) {
      const expected = answers(connections.outward(address))
      return {
        translation,
        domain: sets.mask(toLent, sets.forget(expected, destinationEnd)),
        image: (packets) => sets.mask(expected, sets.forget(packets, destinationEnd)),
        preimage: (packets) => sets.mask(toLent, sets.forget(sets.mask(expected, packets), destinationEnd)),
      }
    }
    const known = connections.hairpins(address)
    if (!known) return inapplicable(translation, sets)
    const ways = known.among(hairpin).map(({ endpoint, opened }) => ({
      ...this.#fromEndpoint(endpoint),
      expected: answers(opened),
    }))
    const before = (expected: DiagramSet, replies: DiagramSet) =>
      sets.allOf([toLent, replies, sets.forget(expected, [...sourceEnd, ...destinationEnd])])
    return {
      translation,
      domain: sets.union(ways.map(({ expected, replies }) => before(expected, replies))),
      image: (packets) =>
        sets.union(
          ways.map(({ expected, replies }) =>
            sets.mask(expected, sets.forget(sets.mask(replies, packets), [...sourceEnd, ...destinationEnd])),
          ),
        ),
      preimage: (packets) =>
        sets.union(
          ways.map(({ expected, replies }) =>
            sets.mask(
              before(expected, replies),
              sets.forget(sets.mask(expected, packets), [...sourceEnd, ...destinationEnd]),
            ),
          ),
        ),
    }
  }

  /** Packets from the machines of an endpoint, and from its VIP. */
  #fromEndpoint({ vip, protocol, port, backends }: EndpointOut): { replies: DiagramSet; source: DiagramSet } {
    const from = (address: Ip, sourcePort: number) =>
      this.#sets.match({
        protocol,
        source: [hostPrefix(address)],
        sourcePorts: [{ first: sourcePort, last: sourcePort }],
      })
    return {
      replies: this.#sets.union(backends.map((backend) => from(backend.address, backend.port))),
      source: from(vip, port),
    }
  }

  /** Packets that open a connection and come from a borrower. */
  #lent({ borrowers, address }: Lending): DiagramSet {
    const sets = this.#sets
    const from = this.#memory.borrowers(borrowers, () => sets.addresses('source', borrowers.map(hostPrefix)))
    return sets.allOf([this.#opening, sets.family(address.family), from])
  }

  #lend(lending: Lending, packets: DiagramSet): DiagramSet {
    return this.#sets.mask(this.#asLent(lending), this.#sets.forget(packets, sourceEnd))
  }

  /** What may leave as one of the packets, whoever sends it. */
  #unlend(lending: Lending, packets: DiagramSet): DiagramSet {
    return this.#sets.forget(this.#sets.mask(this.#asLent(lending), packets), sourceEnd)
  }

  /** What leaves by a port lent. */
  #asLent({ address, ports }: Lending): DiagramSet {
    const sets = this.#sets
    return sets.mask(
      sets.addresses('source', [hostPrefix(address)]),
      sets.field('sourcePort', [[ports.first, ports.last]]),
    )
  }
}

const sourceEnd: readonly number[] = [...addressLevels('source'), level.sourcePort]
const destinationEnd: readonly number[] = [...addressLevels('destination'), level.destinationPort]

const inapplicable = (translation: Translation, { none }: PacketSets): Rewrite => ({
  translation,
  domain: none,
  image: () => none,
  preimage: () => none,
})
