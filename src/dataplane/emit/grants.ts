/** The grants tier as code: `GrantsTier` in `policy/point.ts` is its meaning, `grant-map.ts` its memory. */
import type { Label, MapSpec, ProgramBuilder, Value } from '../../bpf/index.ts'
import { type GrantsTier, isAudited } from '../../policy/index.ts'
import { grantKey, grantValue } from '../grant-map.ts'
import { copyAddress } from './flow-context.ts'
import type { Frame } from './frame.ts'
import { appliesTo, emitMatch, type Fields } from './match.ts'
import { at, type Parsed } from './parse.ts'
import type { Outcome } from './rule-tier.ts'

/** How a grant is asked for. */
export interface GrantQuestion {
  readonly frame: Frame
  readonly parsed: Parsed
  readonly map: MapSpec
  /** What is asked about goes the other way between the packet's ends. */
  readonly mirrored: boolean
  /** It counts as a use. */
  readonly use: boolean
}

/** Emits the tier; falls through to the next. */
export function emitGrantsTier(
  b: ProgramBuilder,
  fields: Fields,
  tier: GrantsTier,
  outcome: Outcome,
  question: GrantQuestion,
): void {
  if (!appliesTo(tier.match, fields.parsed.family)) return
  const onward = b.label(`after-${tier.name}`)
  const none = b.label('no-grant')
  emitMatch(b, fields, tier.match, onward)
  outcome.allow(tier.granted, { until: emitGrant(b, question, none) })
  b.place(none)
  if (isAudited(tier, tier.noGrant)) outcome.audited(tier.noGrant)
  else outcome.deny(tier.noGrant)
  b.place(onward)
}

/** Emits the question whether a grant is in force; jumps to `none` if there is none. Returns when the grant ends. */
function emitGrant(
  b: ProgramBuilder,
  { frame, parsed: { family, protocol, ports }, map, mirrored, use }: GrantQuestion,
  none: Label,
): Value {
  const layout = grantKey[family]
  const key = b.stack(layout.size, 8)
  const { source, destination } = at[family]
  copyAddress(b, frame, family, mirrored ? destination : source, key, layout.source)
  copyAddress(b, frame, family, mirrored ? source : destination, key, layout.destination)
  // The destination port is the upper half of both, in network order; above it the protocol and a byte 0.
  const port = mirrored ? b.and(ports, 0xffff) : b.shr(ports, 16)
  b.store(4, key, layout.port, b.or(port, b.shl(protocol, 16)))
  const grant = b.mapLookup(map, key)
  b.jumpIf(b.eq(grant, 0), none)
  const until = b.load(8, grant, grantValue.until)
  const now = b.call('ktime_get_ns')
  b.jumpIf(b.ge(now, until), none)
  if (use) {
    b.atomicAdd(8, grant, grantValue.uses, 1)
    b.store(8, grant, grantValue.lastUse, now)
  }
  return until
}
