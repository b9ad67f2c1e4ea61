/**
 * Translation tiers as code: what `translate` in `policy/translate.ts` makes of a packet, made in place. Endpoints and backends are
 * data, so that one program serves any number of them; what is said of a tier's translations of one kind is one look-up.
 */

import type { Label, ProgramBuilder, StackSlot, Value } from '../../bpf/index.ts'
import { type Family, formatPrefix, icmpOf, type Prefix, Protocol } from '../../net/index.ts'
import {
  type EgressIn,
  type EgressOut,
  type EndpointIn,
  openingFlags,
  type Translation,
  type TranslationTier,
} from '../../policy/index.ts'
import { icmpEcho } from '../../wire/index.ts'
import { type AddressValue, emitAddressSet } from '../emit/address-set.ts'
import type { Frame } from '../emit/frame.ts'
import { at, type Parsed } from '../emit/parse.ts'
import { emitIfError, emitQuoted, emitSameAddress, type Quoted, swapPorts } from '../emit/quoted.ts'
import type { VerdictExit } from '../emit/verdict.ts'
import { emitLend, type Scratch } from './egress.ts'
import { emitFlowHash, emitScale } from './flow-hash.ts'
import {
  addressSize,
  type BalancerMaps,
  endKey,
  endValue,
  ownerKey,
  replyValue,
  tupleKey,
  vipValue,
} from './maps.ts'
import { emitErrorRewrite, emitRewrite, type NewEnd, type Place } from './rewrite.ts'

/** Parameters: a balancer's egress address as 4-byte words in network order. */
export const egressAddress = (family: Family, word: number): string => `egress-ipv${family}-${word}`

export interface TranslationContext {
  readonly b: ProgramBuilder
  readonly frame: Frame
  readonly parsed: Parsed
  readonly maps: BalancerMaps
  readonly memory: Scratch
  readonly exit: VerdictExit
  /** Where the verifier goes for packets that parsing has found long enough already. */
  readonly short: Label
  /** The number of a rule in the point. */
  number(rule: Translation['rule']): number
}

/**
 * Emits a tier for one family; falls through for packets that it leaves alone. Translations of one kind must stand together
 * and agree in all but endpoint: that is how policies are derived.
 */
export function emitTranslationTier(context: TranslationContext, tier: TranslationTier): void {
  const { family } = context.parsed
  const emitter = new TranslationEmitter(context)
  for (const group of groupsOf(tier, family)) {
    const next = context.b.label('next')
    emitter.emit(group, next)
    context.b.place(next)
  }
}

/** Equal for tiers that compile to the same code, and after which rules have the same numbers. */
export function translationTierKey(tier: TranslationTier): string {
  const groups = ([4, 6] as const).map((family) =>
    groupsOf(tier, family).map(({ kind, first }) => [
      kind,
      constantsOf(first),
      tier.translations.findIndex(({ rule }) => rule === first.rule),
    ]),
  )
  return JSON.stringify([tier.translations.length, groups])
}

/** What of a translation stands in the code; the rest is data in maps, or a parameter. */
function constantsOf(translation: Translation): unknown {
  switch (translation.kind) {
    case 'endpoint-in':
      return translation.hairpin ? lending(translation.hairpin) : false
    case 'endpoint-out':
      return undefined
    case 'egress-out':
      return lending(translation)
    case 'egress-in':
      return translation.hairpin !== undefined
  }
}

const lending = ({ sources, ports }: Pick<EgressOut, 'sources' | 'ports'>): unknown => [
  sources.map(formatPrefix),
  ports,
]

interface Group {
  readonly kind: Translation['kind']
  readonly first: Translation
}

function groupsOf(tier: TranslationTier, family: Family): readonly Group[] {
  const groups: Group[] = []
  for (const translation of tier.translations) {
    const address = 'vip' in translation ? translation.vip : translation.address
    if (address.family !== family || groups.at(-1)?.kind === translation.kind) continue
    if (groups.some(({ kind }) => kind === translation.kind))
      throw new TypeError(
        `compile tier ${tier.name}: translations of kind ${translation.kind} must stand together`,
      )
    groups.push({ kind: translation.kind, first: translation })
  }
  return groups
}

class TranslationEmitter {
  readonly #c: TranslationContext
  readonly #family: Family

  constructor(context: TranslationContext) {
    this.#c = context
    this.#family = context.parsed.family
  }

  emit({ kind, first }: Group, next: Label): void {
    const { b, parsed } = this.#c
    const error = b.label('error')
    const withErrors = !(first.kind === 'endpoint-in' && first.hairpin)
    emitIfError(b, parsed, withErrors ? error : next)
    switch (kind) {
      case 'endpoint-in':
        this.#endpointIn(first as EndpointIn, next)
        break
      case 'endpoint-out':
        this.#endpointOut(next)
        break
      case 'egress-out':
        this.#egressOut(first as EgressOut, next)
        break
      case 'egress-in':
        this.#egressIn(first as EgressIn, next)
    }
    if (!withErrors) return
    b.place(error)
    const quoted = emitQuoted(b, this.#c.frame, parsed, next)
    switch (kind) {
      case 'endpoint-in':
        return this.#endpointInError(quoted, next)
      case 'endpoint-out':
        return this.#endpointOutError(quoted, next)
      case 'egress-out':
        return this.#egressOutError(first as EgressOut, quoted, next)
      case 'egress-in':
        return this.#egressInError(first as EgressIn, quoted, next)
    }
  }

  #endpointIn({ hairpin }: EndpointIn, next: Label): void {
    const { b, parsed, maps, memory, exit } = this.#c
    const { source, destination } = at[this.#family]
    this.#needPorts(parsed.protocol, next)
    const endpoint = this.#lookUpEnd(maps.vips, destination, b.shr(parsed.ports, 16), parsed.protocol, next)
    if (hairpin) this.#need(source, hairpin.sources, next)
    this.#fillTuple(source, destination, parsed.ports, parsed.protocol)
    const backend = this.#chooseBackend(endpoint, next)
    const end = this.#endAt(backend)
    const rule = b.load(4, endpoint, hairpin ? vipValue.hairpinRule : vipValue.rule)
    if (!hairpin) {
      this.#rewrite({ destination: end })
      return exit.decideBy('allow', rule)
    }
    const key = tupleKey(this.#family)
    this.#copy(backend, endValue(this.#family).address, memory.tuple, key.destination)
    b.store(4, memory.tuple, key.ports, b.or(b.and(parsed.ports, 0xffff), b.shl(end.port, 16)))
    const port = emitLend(b, this.#family, maps, memory, hairpin.ports, next)
    this.#rewrite({ destination: end, source: { address: this.#egress(), port } })
    exit.decideBy('allow', rule)
  }

  #endpointInError(quoted: Quoted, next: Label): void {
    const { b, frame, maps, exit } = this.#c
    const family = this.#family
    this.#needPorts(quoted.protocol, next)
    emitSameAddress(b, frame, family, at[family].destination, quoted.source, next)
    const endpoint = this.#lookUpEnd(maps.vips, quoted.source, quoted.ports, quoted.protocol, next)
    this.#fillTuple(quoted.destination, quoted.source, swapPorts(b, quoted.ports), quoted.protocol)
    const end = this.#endAt(this.#chooseBackend(endpoint, next))
    this.#rewriteError({ destination: end.address }, { source: end }, quoted)
    exit.decideBy('allow', b.load(4, endpoint, vipValue.rule))
  }

  #endpointOut(next: Label): void {
    const { b, parsed, maps, exit } = this.#c
    this.#needPorts(parsed.protocol, next)
    this.#refuseOpening(next)
    const reply = this.#lookUpEnd(maps.replies, at[this.#family].source, parsed.ports, parsed.protocol, next)
    this.#rewrite({ source: this.#endAt(reply) })
    exit.decideBy('allow', b.load(4, reply, replyValue(this.#family).rule))
  }

  #endpointOutError(quoted: Quoted, next: Label): void {
    const { b, frame, maps, exit } = this.#c
    const family = this.#family
    this.#needPorts(quoted.protocol, next)
    emitSameAddress(b, frame, family, at[family].destination, quoted.source, next)
    const port = b.shr(quoted.ports, 16)
    const reply = this.#lookUpEnd(maps.replies, quoted.destination, port, quoted.protocol, next)
    const end = this.#endAt(reply)
    this.#rewriteError({ source: end.address }, { destination: end }, quoted)
    exit.decideBy('allow', b.load(4, reply, replyValue(family).rule))
  }

  #egressOut({ sources, ports, rule }: EgressOut, next: Label): void {
    const { b, parsed, maps, memory, exit, number } = this.#c
    const { source, destination } = at[this.#family]
    const [ported, translatable] = [b.label('ported'), b.label('translatable')]
    b.jumpIf(b.eq(parsed.protocol, Protocol.tcp), ported)
    b.jumpIf(b.eq(parsed.protocol, Protocol.udp), ported)
    b.jumpIf(b.ne(parsed.protocol, icmpOf(this.#family)), next)
    b.jumpIf(b.ne(b.and(parsed.detail, 0xff), icmpEcho[this.#family].request), next)
    b.jump(translatable)
    b.place(ported)
    b.place(translatable)
    this.#need(source, sources, next)
    this.#fillTuple(source, destination, parsed.ports, parsed.protocol)
    const port = emitLend(b, this.#family, maps, memory, ports, next)
    this.#rewrite({ source: { address: this.#egress(), port } })
    exit.decide('allow', number(rule))
  }

  #egressOutError({ sources, rule }: EgressOut, quoted: Quoted, next: Label): void {
    const { b, frame, maps, memory, exit, number } = this.#c
    const family = this.#family
    this.#need(quoted.destination, sources, next)
    emitSameAddress(b, frame, family, at[family].destination, quoted.source, next)
    const identified = b.label('identified')
    b.jumpIf(b.ne(quoted.protocol, icmpOf(family)), identified)
    b.jumpIf(b.eq(b.shr(quoted.ports, 16), 0), next)
    b.place(identified)
    this.#fillTuple(quoted.destination, quoted.source, swapPorts(b, quoted.ports), quoted.protocol)
    const lent = b.mapLookup(maps.egress, memory.tuple)
    b.jumpIf(b.eq(lent, 0), next)
    const port = b.load(2, lent, 0)
    const address = this.#egress()
    this.#rewriteError({ source: address }, { destination: { address, port } }, quoted)
    exit.decide('allow', number(rule))
  }

  #egressIn({ hairpin, rule }: EgressIn, next: Label): void {
    const { parsed, exit, number } = this.#c
    const { source, destination } = at[this.#family]
    this.#needEgress(destination, next)
    if (hairpin) this.#refuseOpening(next)
    const owner = this.#lookUpOwner(source, parsed.ports, parsed.protocol, next)
    const destinationEnd = this.#endAt(owner)
    if (!hairpin) this.#rewrite({ destination: destinationEnd })
    else {
      const reply = this.#lookUpEnd(this.#c.maps.replies, source, parsed.ports, parsed.protocol, next)
      this.#rewrite({ destination: destinationEnd, source: this.#endAt(reply) })
    }
    exit.decide('allow', number(rule))
  }

  #egressInError({ hairpin, rule }: EgressIn, quoted: Quoted, next: Label): void {
    const { b, frame, exit, number } = this.#c
    const family = this.#family
    const { destination } = at[family]
    this.#needEgress(destination, next)
    emitSameAddress(b, frame, family, destination, quoted.source, next)
    const swapped = swapPorts(b, quoted.ports)
    const owner = this.#lookUpOwner(quoted.destination, swapped, quoted.protocol, next)
    const end = this.#endAt(owner)
    if (!hairpin) this.#rewriteError({ destination: end.address }, { source: end }, quoted)
    else {
      const port = b.shr(quoted.ports, 16)
      const reply = this.#lookUpEnd(this.#c.maps.replies, quoted.destination, port, quoted.protocol, next)
      const vip = this.#endAt(reply)
      const outer = { source: vip.address, destination: end.address }
      this.#rewriteError(outer, { source: end, destination: vip }, quoted)
    }
    exit.decide('allow', number(rule))
  }

  /** A TCP packet that opens a connection is no reply. */
  #refuseOpening(next: Label): void {
    const { b, parsed } = this.#c
    const reply = b.label('reply')
    b.jumpIf(b.ne(parsed.protocol, Protocol.tcp), reply)
    b.jumpIf(b.eq(b.and(parsed.detail, openingFlags.mask), openingFlags.value), next)
    b.place(reply)
  }

  /** Endpoints are TCP or UDP. */
  #needPorts(protocol: Value, next: Label): void {
    const { b } = this.#c
    const ported = b.label('ported')
    b.jumpIf(b.eq(protocol, Protocol.tcp), ported)
    b.jumpIf(b.ne(protocol, Protocol.udp), next)
    b.place(ported)
  }

  /** Goes on only if the address in the frame is of one of the prefixes. */
  #need(offset: number, prefixes: readonly Prefix[], next: Label): void {
    const { b, frame } = this.#c
    const hit = b.label('hit')
    const half = (more: number) => b.bigEndian(b.load(8, frame.data, offset + more), 64)
    const address: AddressValue =
      this.#family === 4
        ? { family: 4, value: b.bigEndian(b.load(4, frame.data, offset), 32) }
        : { family: 6, high: half(0), low: half(8) }
    emitAddressSet(b, address, prefixes, hit, next)
    b.place(hit)
  }

  /** Goes on only if the address in the frame is the balancer's egress address. */
  #needEgress(offset: number, next: Label): void {
    const { b, frame } = this.#c
    for (let word = 0; word < addressSize[this.#family]; word += 4) {
      const wanted = b.parameter(egressAddress(this.#family, word / 4))
      b.jumpIf(b.ne(b.load(4, frame.data, offset + word), wanted), next)
    }
  }

  /** The egress address in memory. */
  #egress(): Place {
    const { b, memory } = this.#c
    for (let word = 0; word < addressSize[this.#family]; word += 4)
      b.store(4, memory.address, word, b.parameter(egressAddress(this.#family, word / 4)))
    return { base: memory.address, offset: 0 }
  }

  /** Looks up an address of the frame, a port (lower 16 bits) and a protocol. */
  #lookUpEnd(map: BalancerMaps['vips'], address: number, port: Value, protocol: Value, next: Label): Value {
    const { b, memory, frame } = this.#c
    const key = endKey(this.#family)
    this.#copy(frame.data, address, memory.end, key.address)
    b.store(4, memory.end, key.port, b.or(b.and(port, 0xffff), b.shl(protocol, 16)))
    const found = b.mapLookup(map, memory.end)
    b.jumpIf(b.eq(found, 0), next)
    return found
  }

  /** The VM that a packet from a remote end to an egress port belongs to. `ports`: remote port low, egress port high. */
  #lookUpOwner(remote: number, ports: Value, protocol: Value, next: Label): Value {
    const { b, maps, memory, frame } = this.#c
    const key = ownerKey(this.#family)
    this.#copy(frame.data, remote, memory.owner, key.remote)
    b.store(4, memory.owner, key.ports, ports)
    b.store(4, memory.owner, key.protocol, protocol)
    const owner = b.mapLookup(maps.owners, memory.owner)
    b.jumpIf(b.eq(owner, 0), next)
    return owner
  }

  #fillTuple(source: number, destination: number, ports: Value, protocol: Value): void {
    const { b, memory, frame } = this.#c
    const key = tupleKey(this.#family)
    this.#copy(frame.data, source, memory.tuple, key.source)
    this.#copy(frame.data, destination, memory.tuple, key.destination)
    b.store(4, memory.tuple, key.ports, ports)
    b.store(4, memory.tuple, key.protocol, protocol)
  }

  /** The backend that the flow in the tuple chooses. */
  #chooseBackend(endpoint: Value, next: Label): Value {
    const { b, maps, memory } = this.#c
    const hash = emitFlowHash(b, memory.tuple, tupleKey(this.#family).size)
    const slot = b.add(
      emitScale(b, hash, b.load(4, endpoint, vipValue.ringSize)),
      b.load(4, endpoint, vipValue.ringFirst),
    )
    b.store(4, memory.value, 0, slot)
    const index = b.mapLookup(maps.ring, memory.value)
    b.jumpIf(b.eq(index, 0), next)
    b.store(4, memory.value, 0, b.load(4, index, 0))
    const backend = b.mapLookup(maps.backends, memory.value)
    b.jumpIf(b.eq(backend, 0), next)
    return backend
  }

  #copy(from: Value | StackSlot, offset: number, to: StackSlot, put: number): void {
    const { b } = this.#c
    for (let word = 0; word < addressSize[this.#family]; word += 4)
      b.store(4, to, put + word, b.load(4, from, offset + word))
  }

  /** The address and port at the start of a map value. */
  #endAt(value: Value): NewEnd {
    const layout = endValue(this.#family)
    return { address: { base: value, offset: layout.address }, port: this.#c.b.load(2, value, layout.port) }
  }

  #rewrite(ends: Partial<Record<'source' | 'destination', NewEnd>>): void {
    const { b, frame, parsed, short } = this.#c
    emitRewrite(b, frame, parsed, ends, short)
  }

  #rewriteError(
    outer: Partial<Record<'source' | 'destination', Place>>,
    quoted: Partial<Record<'source' | 'destination', NewEnd>>,
    { protocol }: Quoted,
  ): void {
    const { b, frame, parsed, short } = this.#c
    emitErrorRewrite(b, frame, parsed, { outer, quoted, quotedProtocol: protocol }, short)
  }
}
