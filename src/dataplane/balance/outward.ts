/** Connections that VMs open outward, as code: out by a port lent, and back; and the ICMP errors about both. */
import type { Label } from '../../bpf/index.ts'
import { icmpOf, Protocol } from '../../net/index.ts'
import type { EgressIn, EgressOut } from '../../policy/index.ts'
import { icmpEcho } from '../../wire/index.ts'
import { at } from '../emit/parse.ts'
import { emitSameAddress, type Quoted, swapPorts } from '../emit/quoted.ts'
import { emitFollow } from './connection.ts'
import { emitLend } from './egress.ts'
import type { TranslationSteps } from './steps.ts'

export function emitEgressOut(
  steps: TranslationSteps,
  { full: fullRule, rule }: EgressOut,
  next: Label,
): void {
  const { b, parsed, exit, number } = steps.context
  const { source, destination } = at[steps.family]
  const [translatable, full] = [b.label('translatable'), b.label('egress-full')]
  b.jumpIf(b.eq(parsed.protocol, Protocol.tcp), translatable)
  b.jumpIf(b.eq(parsed.protocol, Protocol.udp), translatable)
  b.jumpIf(b.ne(parsed.protocol, icmpOf(steps.family)), next)
  b.jumpIf(b.ne(b.and(parsed.detail, 0xff), icmpEcho[steps.family].request), next)
  b.place(translatable)
  steps.fillTuple(source, destination, parsed.ports, parsed.protocol)
  const port = emitLend(steps, { next, full })
  steps.rewrite({ source: { address: steps.egress(), port } })
  exit.decide('allow', number(rule))
  b.place(full)
  exit.decide('deny', number(fullRule))
}

export function emitEgressOutError(
  steps: TranslationSteps,
  { rule }: EgressOut,
  quoted: Quoted,
  next: Label,
): void {
  const { b, frame, exit, number } = steps.context
  const family = steps.family
  emitSameAddress(b, frame, family, at[family].destination, quoted.source, next)
  const identified = b.label('identified')
  b.jumpIf(b.ne(quoted.protocol, icmpOf(family)), identified)
  b.jumpIf(b.eq(b.shr(quoted.ports, 16), 0), next)
  b.place(identified)
  steps.fillTuple(quoted.destination, quoted.source, swapPorts(b, quoted.ports), quoted.protocol)
  const place = (offset: number) => ({ base: frame.data, offset })
  const port = steps.lookUpLent(place(quoted.source), place(quoted.destination), next)
  const address = steps.egress()
  steps.rewriteError({ source: address }, { destination: { address, port } }, quoted)
  exit.decide('allow', number(rule))
}

export function emitEgressIn(steps: TranslationSteps, { hairpin, rule }: EgressIn, next: Label): void {
  const { frame, parsed, exit, number, maps } = steps.context
  const { source, destination } = at[steps.family]
  steps.needEgress(destination, next)
  const owner = steps.lookUpOwner({ base: frame.data, offset: source }, parsed.ports, parsed.protocol, next)
  const reply = hairpin && steps.lookUpEnd(maps.replies, source, parsed.ports, parsed.protocol, next)
  emitFollow(steps, 'to-local', owner, { over: next, opens: next, stray: next })
  const vm = steps.endAt(owner)
  steps.rewrite({ destination: vm, ...(reply && { source: steps.endAt(reply) }) })
  exit.decide('allow', number(rule))
}

export function emitEgressInError(
  steps: TranslationSteps,
  { hairpin, rule }: EgressIn,
  quoted: Quoted,
  next: Label,
): void {
  const { b, frame, exit, number } = steps.context
  const family = steps.family
  const { destination } = at[family]
  steps.needEgress(destination, next)
  emitSameAddress(b, frame, family, destination, quoted.source, next)
  const swapped = swapPorts(b, quoted.ports)
  const owner = steps.lookUpOwner(
    { base: frame.data, offset: quoted.destination },
    swapped,
    quoted.protocol,
    next,
  )
  const end = steps.endAt(owner)
  if (!hairpin) steps.rewriteError({ destination: end.address }, { source: end }, quoted)
  else {
    const port = b.shr(quoted.ports, 16)
    const reply = steps.lookUpEnd(steps.context.maps.replies, quoted.destination, port, quoted.protocol, next)
    const vip = steps.endAt(reply)
    const outer = { source: vip.address, destination: end.address }
    steps.rewriteError(outer, { source: end, destination: vip }, quoted)
  }
  exit.decide('allow', number(rule))
}
