/** Endpoints as code: to a VIP, and back from the backends; and the ICMP errors about both. */

import type { Label } from '../../bpf/index.ts'
import type { EndpointIn } from '../../policy/index.ts'
import { at } from '../emit/parse.ts'
import { emitSameAddress, type Quoted, swapPorts } from '../emit/quoted.ts'
import { emitLend } from './egress.ts'
import { replyValue, vipValue } from './maps.ts'
import type { TranslationSteps } from './steps.ts'

export function emitEndpointIn(steps: TranslationSteps, { hairpin }: EndpointIn, next: Label): void {
  const { b, parsed, maps, exit, number } = steps.context
  const { source, destination } = at[steps.family]
  steps.needPorts(parsed.protocol, next)
  const endpoint = steps.lookUpEnd(maps.vips, destination, b.shr(parsed.ports, 16), parsed.protocol, next)
  steps.fillTuple(source, destination, parsed.ports, parsed.protocol)
  const backend = steps.chooseBackend(endpoint, next)
  const end = steps.endAt(backend)
  const rule = b.load(4, endpoint, hairpin ? vipValue.hairpinRule : vipValue.rule)
  if (!hairpin) {
    steps.rewrite({ destination: end })
    return exit.decideBy('allow', rule)
  }
  steps.aimTuple(backend, b.and(parsed.ports, 0xffff))
  const full = b.label('hairpin-full')
  const port = emitLend(steps, { next, full })
  steps.rewrite({ destination: end, source: { address: steps.egress(), port } })
  exit.decideBy('allow', rule)
  b.place(full)
  exit.decide('deny', number(hairpin.full))
}

export function emitEndpointInError(
  steps: TranslationSteps,
  { hairpin }: EndpointIn,
  quoted: Quoted,
  next: Label,
): void {
  const { b, frame, maps, exit } = steps.context
  const family = steps.family
  steps.needPorts(quoted.protocol, next)
  emitSameAddress(b, frame, family, at[family].destination, quoted.source, next)
  const endpoint = steps.lookUpEnd(maps.vips, quoted.source, quoted.ports, quoted.protocol, next)
  steps.fillTuple(quoted.destination, quoted.source, swapPorts(b, quoted.ports), quoted.protocol)
  const backend = steps.chooseBackend(endpoint, next)
  const end = steps.endAt(backend)
  if (!hairpin) {
    steps.rewriteError({ destination: end.address }, { source: end }, quoted)
    return exit.decideBy('allow', b.load(4, endpoint, vipValue.rule))
  }
  steps.aimTuple(backend, b.shr(quoted.ports, 16))
  const port = steps.lookUpLent(end.address, { base: frame.data, offset: quoted.destination }, next)
  const address = steps.egress()
  const outer = { source: address, destination: end.address }
  steps.rewriteError(outer, { source: end, destination: { address, port } }, quoted)
  exit.decideBy('allow', b.load(4, endpoint, vipValue.hairpinRule))
}

export function emitEndpointOut(steps: TranslationSteps, next: Label): void {
  const { b, parsed, maps, exit } = steps.context
  steps.needPorts(parsed.protocol, next)
  steps.refuseOpening(next)
  const reply = steps.lookUpEnd(maps.replies, at[steps.family].source, parsed.ports, parsed.protocol, next)
  steps.rewrite({ source: steps.endAt(reply) })
  exit.decideBy('allow', b.load(4, reply, replyValue(steps.family).rule))
}

export function emitEndpointOutError(steps: TranslationSteps, quoted: Quoted, next: Label): void {
  const { b, frame, maps, exit } = steps.context
  const family = steps.family
  steps.needPorts(quoted.protocol, next)
  emitSameAddress(b, frame, family, at[family].destination, quoted.source, next)
  const port = b.shr(quoted.ports, 16)
  const reply = steps.lookUpEnd(maps.replies, quoted.destination, port, quoted.protocol, next)
  const end = steps.endAt(reply)
  steps.rewriteError({ source: end.address }, { destination: end }, quoted)
  exit.decideBy('allow', b.load(4, reply, replyValue(family).rule))
}
