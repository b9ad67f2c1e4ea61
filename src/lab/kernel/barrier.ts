/**
 * Interfaces that let nothing pass, in neither direction: a program of tcx on which everything ends, before all others of its hook and
 * before every filter of traffic control. It stands whatever becomes of those.
 */
import { ProgramBuilder, type ProgramSpec, TC_ACT_SHOT } from '../../bpf/index.ts'
import {
  attachTcx,
  type KernelProgram,
  kernelEngine,
  type Namespace,
  type ProgramLink,
  tcxPrograms,
} from '../../kernel/index.ts'
import { idOf } from './filter-list.ts'

export class Barrier {
  readonly #namespace: Namespace
  readonly #links = new Map<number, readonly ProgramLink[]>()
  #program: KernelProgram | undefined

  constructor(namespace: Namespace) {
    this.#namespace = namespace
  }

  /** Interface indices. */
  get closed(): readonly number[] {
    return [...this.#links.keys()]
  }

  /** Id of the program that it is made of; `undefined`: nothing was ever closed. */
  get program(): number | undefined {
    return this.#program && idOf(this.#program)
  }

  /** Again, if somebody took it off or stood before it. Throws what the kernel says. */
  close(index: number): void {
    if (this.stands(index)) return
    // A hook takes no program twice.
    this.open(index)
    this.#program ??= kernelEngine.load(dropAll(), {})
    for (const direction of directions) {
      const link = attachTcx(this.#namespace, index, direction, this.#program, { first: true })
      this.#links.set(index, [...(this.#links.get(index) ?? []), link])
    }
  }

  /** Closed, and nobody has meddled with it. */
  stands(index: number): boolean {
    return (
      this.#links.has(index) &&
      directions.every(
        (direction) => tcxPrograms(this.#namespace, index, direction)[0]?.program === this.program,
      )
    )
  }

  open(index: number): void {
    for (const link of this.#links.get(index) ?? []) link.close()
    this.#links.delete(index)
  }

  dispose(): void {
    for (const index of this.closed) this.open(index)
    this.#program?.close()
  }
}

const directions = ['ingress', 'egress'] as const

function dropAll(): ProgramSpec {
  const b = new ProgramBuilder({ name: 'closed', type: 'sched_cls', license: 'GPL' })
  b.exit(TC_ACT_SHOT)
  return b.build()
}
