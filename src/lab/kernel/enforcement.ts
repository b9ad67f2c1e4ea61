/**
 * A node's maps and programs in the kernel. The first are put on its interfaces while these are still down: nothing passes unjudged.
 * Later ones take their place hook by hook, each in one step between two packets, or not at all: what could be refused is done before
 * the first of them.
 */
import type { ProgramSpec } from '../../bpf/index.ts'
import {
  type Count,
  CounterHistory,
  inheritedMaps,
  type NodeDeployment,
  readCounters,
  type Untold,
} from '../../dataplane/index.ts'
import {
  type KernelMap,
  type KernelProgram,
  kernelEngine,
  type NetlinkSocket,
  type Notifications,
  openNetlink,
  openNotifications,
} from '../../kernel/index.ts'
import type { EventTap, Tapped } from './event-taps.ts'
import { Hooks, type Standing } from './hooks.ts'
import type { KernelNode } from './node.ts'
import { openRingTap, setWatch, untoldBy } from './ring-tap.ts'

/** Maps and programs of one revision of a node's rules. */
interface Generation {
  readonly deployment: NodeDeployment
  readonly maps: Readonly<Record<string, KernelMap>>
  readonly programs: readonly KernelProgram[]
  readonly standing: readonly Standing[]
}

/** A revision that the kernel has accepted and that is not yet in force: either `discard`, or `commit` and then one of the others. */
export interface PreparedRevision {
  discard(): void
  /** Puts it in force; throws what the kernel says, with the revision before in force again. */
  commit(): void
  /** Puts the one before in force again. */
  revert(): void
  /** Gives up what only the one before needed. */
  conclude(): void
}

/** What is in force at a node, by whatever enforces it. */
export interface NodeEnforcement extends Tapped {
  readonly deployment: NodeDeployment
  /** Milliseconds for which it may be left alone after it was looked at, however often things were missing. */
  readonly longestRest: number
  /** `undefined`: there is none of that name. */
  map(name: string): KernelMap | undefined
  /** Over all revisions, by the slots of the one in force; empty if nothing counts. */
  counters(): readonly Count[]
  /**
   * What is not in force although it should be, for people; to be asked again and again, since what only the kernel counts is noted then.
   * Throws what the kernel says.
   */
  missing(): readonly string[]
  /** Puts that in force again; flows and counts go on. Throws what the kernel says; where it can, nothing passes then. */
  restore(): void
  /** Interfaces that let nothing pass until `reopen`, for people. */
  readonly closed: readonly string[]
  /** Opens them again. Throws what the kernel says. */
  reopen(): void
  /** Tells when something may be missing. `undefined`: of what it has, nobody tells. Throws `KernelError`. */
  notifications(): Notifications | undefined
  /** Throws what is wrong with the revision; then nothing has changed. */
  prepare(deployment: NodeDeployment): PreparedRevision
  close(): void
}

/** By our programs. */
export class Enforcement implements NodeEnforcement {
  /** Others rely on it. */
  readonly longestRest = 50
  readonly #node: KernelNode
  readonly #hooks: Hooks
  readonly #history = new CounterHistory()
  #current: Generation

  /** Loads and attaches. Throws what the kernel says, after everything that was made for the node is closed again. */
  constructor(node: KernelNode, deployment: NodeDeployment) {
    this.#node = node
    this.#hooks = new Hooks(node.namespace, 1 + Math.max(0, ...node.interfaces.values()))
    const generation = load(node, deployment)
    try {
      this.#hooks.replace(node.netlink, [], generation.standing)
    } catch (error) {
      this.#hooks.close()
      closeAll(generation)
      throw error
    }
    this.#current = generation
  }

  get deployment(): NodeDeployment {
    return this.#current.deployment
  }

  /** `undefined`: the revision in force has none of that name. */
  map(name: string): KernelMap | undefined {
    return this.#current.maps[name]
  }

  /** Over all revisions, by the slots of the one in force; empty if there is no counter map. */
  counters(): readonly Count[] {
    return this.#history.total(countsOf(this.#current))
  }

  missing(): readonly string[] {
    const names = this.#names()
    return this.#ask((netlink) =>
      this.#hooks
        .missing(netlink, this.#current.standing)
        .map(({ index, what }) => `${what} of ${names.get(index)}`),
    )
  }

  restore(): void {
    this.#ask((netlink) => this.#hooks.restore(netlink, this.#current.standing))
  }

  get closed(): readonly string[] {
    const names = this.#names()
    return this.#hooks.closed.map(({ index, down }) => `${names.get(index)}${down ? ' (set down)' : ''}`)
  }

  reopen(): void {
    this.#ask((netlink) => this.#hooks.reopen(netlink, this.#current.standing))
  }

  notifications(): Notifications | undefined {
    const filtered = this.#current.standing.some(({ hook }) => hook !== 'xdp')
    return filtered ? openNotifications(this.#node.namespace, 'filters') : undefined
  }

  tell(mode: number, limit: number): void {
    setWatch(this, mode, limit)
  }

  openTap(): EventTap | undefined {
    return openRingTap(this)
  }

  untold(): Untold {
    return untoldBy(this)
  }

  /** Throws what the kernel says of the new programs; then nothing has changed. */
  prepare(deployment: NodeDeployment): PreparedRevision {
    const before = this.#current
    const inherited = inheritedMaps(before.deployment, deployment)
    const next = load(this.#node, deployment, (name) => (inherited.has(name) ? before.maps[name] : undefined))
    const discard = (): void => closeAll(next, before)
    return {
      discard,
      commit: () => {
        try {
          this.#exchange(before, next)
        } catch (error) {
          this.#exchange(next, before)
          discard()
          throw error
        }
      },
      revert: () => {
        this.#exchange(next, before)
        discard()
      },
      conclude: () => {
        this.#history.succeed(before.deployment, countsOf(before), deployment)
        this.#current = next
        closeAll(before, next)
      },
    }
  }

  /** Programs stay on their filters until the interfaces are gone. */
  close(): void {
    this.#hooks.close()
    closeAll(this.#current)
  }

  #names(): ReadonlyMap<number, string> {
    return new Map(Array.from(this.#node.interfaces, ([name, index]) => [index, name]))
  }

  #exchange(before: Generation, next: Generation): void {
    this.#ask((netlink) => this.#hooks.replace(netlink, before.standing, next.standing))
  }

  #ask<T>(work: (netlink: NetlinkSocket) => T): T {
    const netlink = openNetlink(this.#node.namespace)
    try {
      return work(netlink)
    } finally {
      netlink.close()
    }
  }
}

const countsOf = ({ maps: { counters } }: Generation): readonly Count[] =>
  counters ? readCounters(counters) : []

/** Makes maps, except those given, and loads programs. */
function load(
  node: KernelNode,
  deployment: NodeDeployment,
  given: (name: string) => KernelMap | undefined = () => undefined,
): Generation {
  const maps: Record<string, KernelMap> = {}
  const made: { close(): void }[] = []
  try {
    for (const [name, spec] of Object.entries(deployment.maps)) {
      const inherited = given(name)
      maps[name] = inherited ?? kernelEngine.createMap(spec)
      if (!inherited) made.push(maps[name])
    }
    for (const [name, entries] of Object.entries(deployment.contents)) maps[name]?.updateBatch(entries)
    const programs = new Map<ProgramSpec, KernelProgram>()
    const standing: Standing[] = []
    for (const { program: spec, hook, interfaces } of deployment.attachments) {
      let program = programs.get(spec)
      if (!program) {
        program = kernelEngine.load(spec, maps)
        programs.set(spec, program)
        made.push(program)
      }
      for (const name of interfaces) standing.push({ index: node.interfaceIndex(name), hook, program })
    }
    return { deployment, maps, programs: [...programs.values()], standing }
  } catch (error) {
    for (const object of made) object.close()
    throw error
  }
}

/** Closes what a generation has and another, which goes on, has not. */
function closeAll({ maps, programs }: Generation, kept?: Generation): void {
  const shared = new Set<object>(Object.values(kept?.maps ?? {}))
  for (const object of [...programs, ...Object.values(maps)]) if (!shared.has(object)) object.close()
}
