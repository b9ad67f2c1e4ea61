/** The grants tier as code: `GrantsTier` in `policy/point.ts` is its meaning, `grant-map.ts` its memory. */
import type { Label, MapSpec, ProgramBuilder, Value } from '../../bpf/index.ts'
import { grantKey, grantValue } from '../grant-map.ts'
import { copyAddress } from './flow.ts'
import type { Frame } from './frame.ts'
import { at, type Parsed } from './parse.ts'

/**
 * Emits the question whether a grant for the packet is in force, and counts its use; jumps to `none` if there is none. Returns when
 * the grant ends.
 */
export function emitGrant(b: ProgramBuilder, frame: Frame, parsed: Parsed, map: MapSpec, none: Label): Value {
  const { family, protocol, ports } = parsed
  const layout = grantKey[family]
  const key = b.stack(layout.size, 8)
  copyAddress(b, frame, family, at[family].source, key, layout.source)
  copyAddress(b, frame, family, at[family].destination, key, layout.destination)
  // The destination port is the upper half of both, in network order; above it the protocol and a byte 0.
  b.store(4, key, layout.port, b.or(b.shr(ports, 16), b.shl(protocol, 16)))
  const grant = b.mapLookup(map, key)
  b.jumpIf(b.eq(grant, 0), none)
  const until = b.load(8, grant, grantValue.until)
  const now = b.call('ktime_get_ns')
  b.jumpIf(b.ge(now, until), none)
  b.atomicAdd(8, grant, grantValue.uses, 1)
  b.store(8, grant, grantValue.lastUse, now)
  return until
}
