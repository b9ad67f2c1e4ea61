/** Interfaces that receive nothing, since what should judge there cannot be put back: a filter of tc on which everything ends. */
import { ProgramBuilder, type ProgramSpec, TC_ACT_SHOT } from '../../bpf/index.ts'
import {
  addFilterHooks,
  deleteProgramFilter,
  type KernelProgram,
  kernelEngine,
  type NetlinkRequest,
  type NetlinkSocket,
  replaceProgramFilter,
} from '../../kernel/index.ts'

/** Interfaces with XDP have no filters of ours. */
const place = { direction: 'ingress', priority: 1 } as const

export class Barrier {
  readonly #closed = new Set<number>()
  #program: KernelProgram | undefined

  /** Throws what the kernel says. */
  close(netlink: NetlinkSocket, index: number): void {
    this.#program ??= kernelEngine.load(dropAll(), {})
    const drop = replaceProgramFilter({ index, ...place, program: this.#program })
    attempt(netlink, [addFilterHooks(index)])
    netlink.batch([drop])
    this.#closed.add(index)
  }

  /** All interfaces that were closed. */
  open(netlink: NetlinkSocket): void {
    // It may have been taken off too.
    for (const index of this.#closed) attempt(netlink, [deleteProgramFilter({ index, ...place })])
    this.#closed.clear()
  }

  /** Filters go with their interfaces. */
  dispose(): void {
    this.#program?.close()
  }
}

function attempt(netlink: NetlinkSocket, requests: readonly NetlinkRequest[]): void {
  try {
    netlink.batch(requests)
  } catch {
    // There is one already, or none any more.
  }
}

function dropAll(): ProgramSpec {
  const b = new ProgramBuilder({ name: 'closed', type: 'sched_cls', license: 'GPL' })
  b.exit(TC_ACT_SHOT)
  return b.build()
}
