/** Lending ports of the egress address to connections: `EgressTable.send` of `policy/egress-table.ts` as code. */
import type { Label, ProgramBuilder, StackSlot, Value } from '../../bpf/index.ts'
import { UPDATE } from '../../bpf/index.ts'
import { egressAttempts, egressStride } from '../../policy/index.ts'
import { emitClaimSlot } from '../emit/claim-slot.ts'
import { emitIfGivesWay, emitMayOpen, emitStart, lifeByProtocol, stateNumber } from '../emit/flow-step.ts'
import { copyWords, emitFollow, emitIfOver, emitSameAddress, emitSameEnd } from './connection.ts'
import { emitFlowHash, emitScale } from './flow-hash.ts'
import {
  addressSize,
  borrowerValue,
  connectionValue,
  endValue,
  lentSlot,
  lentValue,
  ownerKey,
  tupleKey,
} from './maps.ts'
import type { TranslationSteps } from './steps.ts'

/** Stack memory that translations share; each slot is as large as IPv6 needs. */
export interface Scratch {
  readonly tuple: StackSlot
  readonly end: StackSlot
  readonly owner: StackSlot
  /** Key of another connection's port. */
  readonly other: StackSlot
  readonly value: StackSlot
  readonly address: StackSlot
  readonly lent: StackSlot
}

export const scratch = (b: ProgramBuilder): Scratch => ({
  tuple: b.stack(tupleKey(6).size, 8),
  end: b.stack(24, 8),
  owner: b.stack(ownerKey(6).size, 8),
  other: b.stack(ownerKey(6).size, 8),
  value: b.stack(connectionValue(6).size, 8),
  address: b.stack(16, 8),
  lent: b.stack(lentValue.size, 8),
})

export interface LendLabels {
  /** The packet is of no connection and opens none, or its sender borrows nothing. */
  readonly next: Label
  readonly full: Label
}

/** A connection on its way into the maps. */
interface Opening {
  readonly steps: TranslationSteps
  /** Source port and destination port of the flow, as loaded from network order. */
  readonly ports: Value
  readonly port: Value
  readonly borrower: Value
  readonly now: Value
}

/** The port lent to the flow in `memory.tuple`, as loaded from network order; lends one if the packet opens a connection. */
export function emitLend(steps: TranslationSteps, { next, full }: LendLabels): Value {
  const { family } = steps
  const { b, parsed, maps, memory } = steps.context
  const { tuple, owner, value } = memory
  const [key, end] = [tupleKey(family), endValue(family)]
  const ports = b.load(4, tuple, key.ports)
  copyWords(b, family, tuple, key.destination, owner, ownerKey(family).remote)
  b.store(4, owner, ownerKey(family).protocol, b.load(4, tuple, key.protocol))
  copyWords(b, family, tuple, key.source, value, end.address)
  b.store(4, value, end.port, b.and(ports, 0xffff))

  const port = b.mov(0)
  const [over, displaced, unknown, lent] = ['over', 'displaced', 'unknown', 'lent'].map((name) =>
    b.label(name),
  ) as [Label, Label, Label, Label]
  const known = b.mapLookup(maps.egress, tuple)
  b.jumpIf(b.eq(known, 0), unknown)
  b.set(port, b.load(2, known, lentValue.port))
  b.store(4, owner, ownerKey(family).ports, lentEnd(b, ports, port))
  const holder = b.mapLookup(maps.owners, owner)
  b.jumpIf(b.eq(holder, 0), displaced)
  emitSameEnd(b, family, holder, { base: value, offset: end.address }, b.and(ports, 0xffff), displaced)
  emitFollow(steps, 'from-local', holder, { over, opens: over, stray: next })
  b.jump(lent)

  b.place(over)
  b.mapDelete(maps.owners, owner)
  b.place(displaced)
  b.mapDelete(maps.egress, tuple)
  b.place(unknown)
  emitMayOpen(b, parsed, next)
  copyWords(b, family, tuple, key.source, memory.address, 0)
  const borrower = b.mapLookup(maps.borrowers, memory.address)
  b.jumpIf(b.eq(borrower, 0), next)
  const opening = { steps, ports, port, borrower, now: b.call('ktime_get_coarse_ns') }
  emitValue(opening, full)
  emitClaimPort(opening, full)
  emitEnter(opening, full)
  b.place(lent)
  return port
}

/** The remote port and the port lent, as in the key of `owners`. @param ports of the flow */
const lentEnd = (b: ProgramBuilder, ports: Value, port: Value): Value =>
  b.or(b.shr(ports, 16), b.shl(port, 16))

/** The rest of the value, behind the VM's end. @param none see `emitStart` */
function emitValue({ steps, now }: Opening, none: Label): void {
  const { b, parsed, memory } = steps.context
  const layout = connectionValue(steps.family)
  const { size, deadline, state } = layout
  for (let at = endValue(steps.family).size; at < deadline; at += 4) b.store(4, memory.value, at, 0)
  const life = lifeByProtocol(b, parsed, b.mov(stateNumber('opening')))
  b.store(8, memory.value, deadline, b.add(now, life))
  for (let at = state; at < size; at += 8) b.store(8, memory.value, at, stateNumber('opening'))
  emitStart(steps.context, { base: memory.value, ...layout }, none)
}

/** Claims a port in `owners`, and leaves it in `opening.port` and the key. */
function emitClaimPort({ steps, ports, port, borrower, now }: Opening, full: Label): void {
  const { family } = steps
  const { b, maps, memory } = steps.context
  const { tuple, owner, value } = memory
  const { address, state } = connectionValue(family)
  const claimed = b.label('claimed')
  const first = b.load(4, borrower, borrowerValue.firstPort)
  const count = b.load(4, borrower, borrowerValue.ports)
  const start = emitScale(b, emitFlowHash(b, tuple, tupleKey(family).size), count)
  // A port that would have to be taken from another connection of the VM, marked by a bit above it.
  const [lastResort, mark] = [b.mov(0), 1 << 16]
  const claim = (flags: number): Value => b.mapUpdate(maps.owners, owner, value, flags)
  b.loop(egressAttempts, (attempt) => {
    const [used, replace, taken] = [b.label('used'), b.label('replace'), b.label('taken')]
    const offset = b.mod(b.add(start, b.mul(attempt, egressStride)), count)
    b.set(port, b.bigEndian(b.add(first, offset), 16))
    b.store(4, owner, ownerKey(family).ports, lentEnd(b, ports, port))
    const holder = b.mapLookup(maps.owners, owner)
    b.jumpIf(b.ne(holder, 0), used)
    b.jumpIf(b.eq(claim(UPDATE.noexist), 0), claimed)
    b.jump(taken)
    b.place(used)
    emitIfOver(b, family, holder, now, replace)
    b.jumpIf(b.ne(lastResort, 0), taken)
    emitSameAddress(b, family, holder, { base: value, offset: address }, taken)
    const gives = b.label('gives-way')
    emitIfGivesWay(b, b.load(1, holder, state), gives)
    b.jump(taken)
    b.place(gives)
    b.set(lastResort, b.or(port, mark))
    b.jump(taken)
    b.place(replace)
    b.jumpIf(b.eq(claim(UPDATE.any), 0), claimed)
    b.place(taken)
  })
  b.jumpIf(b.eq(lastResort, 0), full)
  b.set(port, b.and(lastResort, mark - 1))
  b.store(4, owner, ownerKey(family).ports, lentEnd(b, ports, port))
  b.jumpIf(b.ne(claim(UPDATE.any), 0), full)
  b.place(claimed)
}

/** Takes a slot of the VM and enters the flow in `egress`, or gives the port back. */
function emitEnter({ steps, port, borrower, now }: Opening, full: Label): void {
  const { b, maps, memory } = steps.context
  const { tuple, owner, lent } = memory
  const [refused, raced, opened] = [b.label('refused'), b.label('raced'), b.label('opened')]
  b.store(4, lent, lentValue.port, port)
  emitClaimSlot(
    b,
    {
      slots: maps.slots,
      at: { lock: lentSlot.lock, holder: lentSlot.flow },
      key: tuple,
      map: maps.egress,
      value: lent,
      next() {
        const turn = b.atomicFetchAdd(4, borrower, borrowerValue.cursor, 1)
        const run = b.load(4, borrower, borrowerValue.firstSlot)
        const index = b.add(run, b.mod(turn, b.load(4, borrower, borrowerValue.quota)))
        b.store(4, lent, lentValue.slot, index)
        return { index, number: b.addressOf(lent, lentValue.slot) }
      },
      release: (slot, index, labels) => emitRelease(steps, slot, index, now, labels),
    },
    { opened, raced, full: refused },
  )

  // Another CPU has opened it meanwhile.
  b.place(raced)
  const known = b.mapLookup(maps.egress, tuple)
  b.jumpIf(b.eq(known, 0), refused)
  const theirs = b.load(2, known, lentValue.port)
  b.jumpIf(b.eq(theirs, port), opened)
  b.mapDelete(maps.owners, owner)
  b.set(port, theirs)
  b.jump(opened)
  b.place(refused)
  b.mapDelete(maps.owners, owner)
  b.jump(full)
  b.place(opened)
}

/** Makes the connection of a locked slot give way: `SlotClaim.release`. */
function emitRelease(
  { family, context }: TranslationSteps,
  slot: Value,
  index: Value,
  now: Value,
  { free, stays }: Readonly<Record<'free' | 'stays', Label>>,
): void {
  const { b, maps, memory } = context
  const { other } = memory
  const key = tupleKey(family)
  const flow = b.add(slot, lentSlot.flow)
  const [give, giveBoth] = [b.label('give'), b.label('give-both')]
  const held = b.mapLookup(maps.egress, flow)
  b.jumpIf(b.eq(held, 0), free)
  b.jumpIf(b.ne(b.load(4, held, lentValue.slot), index), free)
  const ports = b.load(4, slot, lentSlot.flow + key.ports)
  for (let at = 0; at < addressSize[family]; at += 4)
    b.store(4, other, ownerKey(family).remote + at, b.load(4, slot, lentSlot.flow + key.destination + at))
  b.store(4, other, ownerKey(family).ports, lentEnd(b, ports, b.load(2, held, lentValue.port)))
  b.store(4, other, ownerKey(family).protocol, b.load(4, slot, lentSlot.flow + key.protocol))
  const holder = b.mapLookup(maps.owners, other)
  b.jumpIf(b.eq(holder, 0), give)
  const source = { base: slot, offset: lentSlot.flow + key.source }
  emitSameEnd(b, family, holder, source, b.and(ports, 0xffff), give)
  emitIfOver(b, family, holder, now, giveBoth)
  emitIfGivesWay(b, b.load(1, holder, connectionValue(family).state), giveBoth)
  b.jump(stays)
  b.place(giveBoth)
  b.mapDelete(maps.owners, other)
  b.place(give)
  b.mapDelete(maps.egress, flow)
}
