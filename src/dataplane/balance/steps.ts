/** The steps that translations are made of: what is asked of a packet, looked up and rewritten, as code. */
import type { Label, ProgramBuilder, StackSlot, Value } from '../../bpf/index.ts'
import { type Family, Protocol } from '../../net/index.ts'
import { openingFlags, type Translation } from '../../policy/index.ts'
import type { Frame } from '../emit/frame.ts'
import type { Parsed } from '../emit/parse.ts'
import type { Quoted } from '../emit/quoted.ts'
import type { VerdictExit } from '../emit/verdict.ts'
import { emitIfOver, emitSameEnd } from './connection.ts'
import type { Scratch } from './egress.ts'
import { emitFlowHash, emitScale } from './flow-hash.ts'
import {
  addressSize,
  type BalancerMaps,
  endKey,
  endValue,
  lentValue,
  ownerKey,
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

/** Each step goes on behind itself, or jumps to `next` where the translation is not for this packet. */
export class TranslationSteps {
  readonly context: TranslationContext
  readonly family: Family

  constructor(context: TranslationContext) {
    this.context = context
    this.family = context.parsed.family
  }

  /** A TCP packet that opens a connection is no reply. */
  refuseOpening(next: Label): void {
    const { b, parsed } = this.context
    const reply = b.label('reply')
    b.jumpIf(b.ne(parsed.protocol, Protocol.tcp), reply)
    b.jumpIf(b.eq(b.and(parsed.detail, openingFlags.mask), openingFlags.value), next)
    b.place(reply)
  }

  /** Endpoints are TCP or UDP. */
  needPorts(protocol: Value, next: Label): void {
    const { b } = this.context
    const ported = b.label('ported')
    b.jumpIf(b.eq(protocol, Protocol.tcp), ported)
    b.jumpIf(b.ne(protocol, Protocol.udp), next)
    b.place(ported)
  }

  /** Goes on only if the address in the frame is the balancer's egress address. */
  needEgress(offset: number, next: Label): void {
    const { b, frame } = this.context
    for (let word = 0; word < addressSize[this.family]; word += 4) {
      const wanted = b.parameter(egressAddress(this.family, word / 4))
      b.jumpIf(b.ne(b.load(4, frame.data, offset + word), wanted), next)
    }
  }

  /** The egress address in memory. */
  egress(): Place {
    const { b, memory } = this.context
    for (let word = 0; word < addressSize[this.family]; word += 4)
      b.store(4, memory.address, word, b.parameter(egressAddress(this.family, word / 4)))
    return { base: memory.address, offset: 0 }
  }

  /** Looks up an address of the frame, a port (lower 16 bits) and a protocol. */
  lookUpEnd(map: BalancerMaps['vips'], address: number, port: Value, protocol: Value, next: Label): Value {
    const { b, memory, frame } = this.context
    const key = endKey(this.family)
    this.copy(frame.data, address, memory.end, key.address)
    b.store(4, memory.end, key.port, b.or(b.and(port, 0xffff), b.shl(protocol, 16)))
    const found = b.mapLookup(map, memory.end)
    b.jumpIf(b.eq(found, 0), next)
    return found
  }

  /** The living connection that a packet from a remote end to an egress port belongs to. `ports`: remote port low, egress port high. */
  lookUpOwner(remote: Place, ports: Value, protocol: Value, next: Label): Value {
    const { b, maps, memory } = this.context
    const key = ownerKey(this.family)
    this.copy(remote.base, remote.offset, memory.owner, key.remote)
    b.store(4, memory.owner, key.ports, ports)
    b.store(4, memory.owner, key.protocol, protocol)
    const owner = b.mapLookup(maps.owners, memory.owner)
    b.jumpIf(b.eq(owner, 0), next)
    emitIfOver(b, this.family, owner, b.call('ktime_get_coarse_ns'), next)
    return owner
  }

  /**
   * The port lent to the living connection of the flow in the tuple.
   * @param remote its destination @param vm its source
   */
  lookUpLent(remote: Place, vm: Place, next: Label): Value {
    const { b, maps, memory } = this.context
    const key = tupleKey(this.family)
    const lent = b.mapLookup(maps.egress, memory.tuple)
    b.jumpIf(b.eq(lent, 0), next)
    const port = b.load(2, lent, lentValue.port)
    const ports = b.load(4, memory.tuple, key.ports)
    const protocol = b.load(4, memory.tuple, key.protocol)
    const owner = this.lookUpOwner(remote, b.or(b.shr(ports, 16), b.shl(port, 16)), protocol, next)
    emitSameEnd(b, this.family, owner, vm, b.and(ports, 0xffff), next)
    return port
  }

  /** Makes a chosen backend the destination of the flow in the tuple. */
  aimTuple(backend: Value, sourcePort: Value): void {
    const { b, memory } = this.context
    const key = tupleKey(this.family)
    const { address, port } = endValue(this.family)
    this.copy(backend, address, memory.tuple, key.destination)
    b.store(4, memory.tuple, key.ports, b.or(sourcePort, b.shl(b.load(2, backend, port), 16)))
  }

  fillTuple(source: number, destination: number, ports: Value, protocol: Value): void {
    const { b, memory, frame } = this.context
    const key = tupleKey(this.family)
    this.copy(frame.data, source, memory.tuple, key.source)
    this.copy(frame.data, destination, memory.tuple, key.destination)
    b.store(4, memory.tuple, key.ports, ports)
    b.store(4, memory.tuple, key.protocol, protocol)
  }

  /** The backend that the flow in the tuple chooses. */
  chooseBackend(endpoint: Value, next: Label): Value {
    const { b, maps, memory } = this.context
    const hash = emitFlowHash(b, memory.tuple, tupleKey(this.family).size)
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

  copy(from: Value | StackSlot, offset: number, to: StackSlot, put: number): void {
    const { b } = this.context
    for (let word = 0; word < addressSize[this.family]; word += 4)
      b.store(4, to, put + word, b.load(4, from, offset + word))
  }

  /** The address and port at the start of a map value. */
  endAt(value: Value): NewEnd {
    const layout = endValue(this.family)
    return {
      address: { base: value, offset: layout.address },
      port: this.context.b.load(2, value, layout.port),
    }
  }

  rewrite(ends: Partial<Record<'source' | 'destination', NewEnd>>): void {
    const { b, frame, parsed, short } = this.context
    emitRewrite(b, frame, parsed, ends, short)
  }

  rewriteError(
    outer: Partial<Record<'source' | 'destination', Place>>,
    quoted: Partial<Record<'source' | 'destination', NewEnd>>,
    { protocol }: Quoted,
  ): void {
    const { b, frame, parsed, short } = this.context
    emitErrorRewrite(b, frame, parsed, { outer, quoted, quotedProtocol: protocol }, short)
  }
}
