/** Lending ports of the egress address to connections: `EgressTable` of `policy/egress-table.ts` as code. */
import type { Label, ProgramBuilder, StackSlot, Value } from '../../bpf/index.ts'
import { UPDATE } from '../../bpf/index.ts'
import type { Family, PortRange } from '../../net/index.ts'
import { egressAttempts, egressStride } from '../../policy/index.ts'
import { emitFlowHash, emitScale } from './flow-hash.ts'
import { addressSize, type BalancerMaps, endValue, ownerKey, tupleKey } from './maps.ts'

/** Stack memory that translations share; each slot is as large as IPv6 needs. */
export interface Scratch {
  readonly tuple: StackSlot
  readonly end: StackSlot
  readonly owner: StackSlot
  readonly value: StackSlot
  readonly address: StackSlot
}

export const scratch = (b: ProgramBuilder): Scratch => ({
  tuple: b.stack(tupleKey(6).size, 8),
  end: b.stack(24, 8),
  owner: b.stack(ownerKey(6).size, 8),
  value: b.stack(24, 8),
  address: b.stack(16, 8),
})

/**
 * The port lent to the flow in `scratch.tuple`, as loaded from network order; lends one if the flow has none. Jumps to `none` when
 * every port tried is taken.
 */
export function emitLend(
  b: ProgramBuilder,
  family: Family,
  maps: BalancerMaps,
  memory: Scratch,
  range: PortRange,
  none: Label,
): Value {
  const { tuple, owner, value } = memory
  const key = tupleKey(family)
  const end = endValue(family)
  const ports = b.load(4, tuple, key.ports)
  copyWords(b, family, tuple, key.destination, owner, ownerKey(family).remote)
  b.store(4, owner, ownerKey(family).protocol, b.load(4, tuple, key.protocol))
  copyWords(b, family, tuple, key.source, value, end.address)
  b.store(4, value, end.port, b.and(ports, 0xffff))
  const claim = (): Value => {
    b.store(4, owner, ownerKey(family).ports, b.or(b.shr(ports, 16), b.shl(port, 16)))
    return b.mapUpdate(maps.owners, owner, value, UPDATE.noexist)
  }

  // The two tables forget by themselves: a port is this flow's only while `owners` says so too.
  const port = b.mov(0)
  const [unknown, forgotten, lent] = [b.label('unknown'), b.label('forgotten'), b.label('lent')]
  const known = b.mapLookup(maps.egress, tuple)
  b.jumpIf(b.eq(known, 0), unknown)
  b.set(port, b.load(2, known, 0))
  b.store(4, owner, ownerKey(family).ports, b.or(b.shr(ports, 16), b.shl(port, 16)))
  const holder = b.mapLookup(maps.owners, owner)
  b.jumpIf(b.eq(holder, 0), forgotten)
  for (let at = 0; at < end.size; at += 4)
    b.jumpIf(b.ne(b.load(4, holder, at), b.load(4, value, at)), unknown)
  b.jump(lent)
  b.place(forgotten)
  b.jumpIf(b.eq(claim(), 0), lent)

  b.place(unknown)
  const size = range.last - range.first + 1
  const start = emitScale(b, emitFlowHash(b, tuple, key.size), size)
  const found = b.label('found')
  for (let attempt = 0; attempt < egressAttempts; attempt++) {
    const offset = b.mod(b.add(start, attempt * egressStride), size)
    b.set(port, b.bigEndian(b.add(offset, range.first), 16))
    b.jumpIf(b.eq(claim(), 0), found)
  }
  b.jump(none)
  b.place(found)
  b.store(4, value, 0, port)
  b.mapUpdate(maps.egress, tuple, value, UPDATE.any)
  b.place(lent)
  return port
}

/** Copies an address from one stack slot to another. */
function copyWords(
  b: ProgramBuilder,
  family: Family,
  from: StackSlot,
  at: number,
  to: StackSlot,
  put: number,
): void {
  for (let word = 0; word < addressSize[family]; word += 4)
    b.store(4, to, put + word, b.load(4, from, at + word))
}
