/**
 * The list of filters that should stand on the hooks of an interface, held against the one that does. What somebody else put before one of
 * ours, or between two, could let packets pass before ours are asked; what stands behind the last of ours is asked only of what all let pass.
 */
import {
  addFilterHooks,
  deleteFilterHooks,
  deleteStandingFilter,
  detachTcx,
  type FilterHooks,
  type KernelProgram,
  type NetlinkRequest,
  type NetlinkSocket,
  type ProgramFilter,
  replaceProgramFilter,
  type StandingFilter,
  type TcxProgram,
  tcxPrograms,
} from '../../kernel/index.ts'
import { groupBy } from '../../model/index.ts'

/** What is wrong with the hooks of an interface, and what of it others have put there. */
interface Findings {
  /** For people. Empty: all is as it should be. */
  readonly faults: readonly string[]
  readonly foreignFilters: readonly NetlinkRequest[]
  readonly foreignPrograms: readonly (readonly [ProgramFilter['direction'], TcxProgram])[]
  /** What stands on the hooks cannot be mended one by one. */
  readonly unfit: boolean
}

/**
 * @param filters of one interface, in their order
 * @param hooks of that interface; `undefined`: it has none
 * @param barrier id of the program that may stand before everything
 */
export function inspectFilters(
  netlink: NetlinkSocket,
  filters: readonly ProgramFilter[],
  hooks: FilterHooks | undefined,
  barrier: number | undefined,
): Findings {
  const faults: string[] = []
  const foreignFilters: NetlinkRequest[] = []
  const foreignPrograms: [ProgramFilter['direction'], TcxProgram][] = []
  const unfit = hooks !== undefined && (hooks.kind !== 'clsact' || hooks.shared)
  if (unfit) faults.push(hooks.shared ? 'filter hooks shared with other links' : `hooks '${hooks.kind}'`)
  for (const [direction, wanted] of groupBy(filters, (filter) => filter.direction)) {
    const { index } = wanted[0] as ProgramFilter
    for (const standing of tcxPrograms(netlink.namespace, index, direction)) {
      if (standing.program === barrier) continue
      foreignPrograms.push([direction, standing])
      faults.push(`foreign tcx program ${standing.program} before filter 1 at ${direction}`)
    }
    const found = hooks ? netlink.filters(index, direction) : []
    for (const filter of wanted)
      if (!found.some((one) => isOurs(one, filter))) faults.push(`filter ${filter.priority} at ${direction}`)
    for (const foreign of foreignAmong(found, wanted)) {
      foreignFilters.push(deleteStandingFilter({ index, direction }, foreign))
      faults.push(`${describe(foreign)} among ours at ${direction}`)
    }
  }
  return { faults, foreignFilters, foreignPrograms, unfit }
}

/**
 * Makes them what they should be. As long as ours stand, what others put there is taken off and ours replaced, each in one step
 * between two packets. Only where that does not do are the hooks made anew. Throws what the kernel says.
 * @param inspect what is wrong now
 * @param close lets nothing pass from then on: called before the hooks are taken away
 */
export function mendFilters(
  netlink: NetlinkSocket,
  filters: readonly ProgramFilter[],
  inspect: () => Findings,
  close: () => void,
): void {
  const { index } = filters[0] as ProgramFilter
  const again = filters.map(replaceProgramFilter)
  const found = inspect()
  for (const [direction, program] of found.foreignPrograms)
    detachTcx(netlink.namespace, index, direction, program)
  const gentle: NetlinkRequest[][] = [
    [...found.foreignFilters, ...again],
    [addFilterHooks(index), ...again],
  ]
  for (const requests of found.unfit ? [] : gentle) {
    attempt(netlink, requests)
    if (inspect().faults.length === 0) return
  }
  close()
  attempt(netlink, [deleteFilterHooks(index)])
  netlink.batch([addFilterHooks(index), ...again])
  const { faults } = inspect()
  if (faults.length > 0) throw new Error(`${faults.join(', ')} did not stay`)
}

const ids = new WeakMap<KernelProgram, number>()

/** As in `ProgramInfo`. */
export function idOf(program: KernelProgram): number {
  const id = ids.get(program) ?? program.info().id
  ids.set(program, id)
  return id
}

/** The handle that `replaceProgramFilter` gives. */
const ownHandle = 1

const isOurs = (found: StandingFilter, { priority, program }: ProgramFilter): boolean =>
  isPlace(found, priority) && found.program === idOf(program) && found.decides

/** Whatever stands there gives way to ours. */
const isPlace = ({ kind, priority, handle }: StandingFilter, own: number): boolean =>
  priority === own && kind === 'bpf' && handle === ownHandle

/** Not behind ours, and not where one of ours is put. Of a priority of another kind only its head, which takes the rest along. */
function foreignAmong(
  found: readonly StandingFilter[],
  wanted: readonly ProgramFilter[],
): readonly StandingFilter[] {
  const last = Math.max(...wanted.map(({ priority }) => priority))
  const judging = found.filter(({ priority }) => priority <= last)
  const heads = judging.filter((one) => one.handle === 0 && !isHeadOfOurs(one))
  const within = judging.filter(
    (one) =>
      one.handle !== 0 &&
      !heads.some(({ priority }) => priority === one.priority) &&
      !wanted.some(({ priority }) => isPlace(one, priority)),
  )
  return [...heads, ...within]
}

const isHeadOfOurs = ({ kind, protocol }: StandingFilter): boolean =>
  kind === 'bpf' && protocol === everyPacket

/** ETH_P_ALL, as `StandingFilter` has it. */
const everyPacket = 0x0300

const describe = ({ kind, priority, handle, program }: StandingFilter): string => {
  const whose = program === undefined ? '' : `, program ${program}`
  return `foreign ${kind} filter (priority ${priority}, handle ${handle}${whose})`
}

/** What it has not done shows afterwards. */
function attempt(netlink: NetlinkSocket, requests: readonly NetlinkRequest[]): void {
  try {
    netlink.batch(requests)
  } catch {
    // There is nothing of that kind, or something in its place.
  }
}
