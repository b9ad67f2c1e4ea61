/**
 * XDP on the interfaces of a node: one small program stands on all of them for good, and goes on to the one that a table names for the
 * interface. Putting another there is one write of some microseconds, where replacing the program of a link waits for a grace period of the
 * kernel, 6 ms each (measured on Linux 6.18). An interface that the table does not name lets nothing in.
 */
import { type MapSpec, ProgramBuilder, type ProgramSpec, XDP_DROP, XDP_MD } from '../../bpf/index.ts'
import {
  attachXdp,
  type KernelMap,
  type KernelProgram,
  kernelEngine,
  type Namespace,
  type ProgramLink,
} from '../../kernel/index.ts'

export class XdpSwitch {
  readonly #namespace: Namespace
  readonly #size: number
  readonly #links = new Map<number, ProgramLink>()
  #table: KernelMap | undefined
  #root: KernelProgram | undefined

  /** @param size one more than the largest interface index */
  constructor(namespace: Namespace, size: number) {
    this.#namespace = namespace
    this.#size = size
  }

  /** Interfaces on which a program stands. */
  get interfaces(): Iterable<number> {
    return this.#links.keys()
  }

  /** From now on this program judges what the interface receives; in one step between two packets. */
  put(index: number, program: KernelProgram): void {
    this.#table ??= kernelEngine.createMap(tableSpec(this.#size))
    this.#root ??= kernelEngine.load(rootSpec(this.#size), { [tableName]: this.#table })
    this.#table.update(keyOf(index), program)
    if (!this.#links.has(index)) this.#links.set(index, attachXdp(this.#namespace, index, this.#root))
  }

  /** Interfaces on which it should stand, and does not any more: somebody took it off, or put another program in its place. */
  missing(): readonly number[] {
    const root = this.#root?.info().id
    return [...this.#links].flatMap(([index, link]) =>
      link.interfaceIndex() === index && link.programId() === root ? [] : [index],
    )
  }

  /** Stands there again, and judges as before. Throws what the kernel says. */
  restore(index: number): void {
    const link = this.#links.get(index)
    if (!link || !this.#root) return
    try {
      link.detach()
    } catch {
      // It stands nowhere.
    }
    const next = attachXdp(this.#namespace, index, this.#root)
    link.close()
    this.#links.set(index, next)
  }

  /** Nothing judges what the interface receives any more. */
  remove(index: number): void {
    this.#links.get(index)?.close()
    this.#links.delete(index)
    this.#table?.delete(keyOf(index))
  }

  close(): void {
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
    this.#root?.close()
    this.#table?.close()
  }
}

const tableName = 'xdp_programs'

const tableSpec = (size: number): MapSpec => ({
  name: tableName,
  type: 'prog_array',
  keySize: 4,
  valueSize: 4,
  maxEntries: size,
})

function rootSpec(size: number): ProgramSpec {
  const b = new ProgramBuilder({ name: 'xdp_switch', type: 'xdp', license: 'GPL' })
  b.tailCall(tableSpec(size), b.load(4, b.context, XDP_MD.ingress_ifindex))
  b.exit(XDP_DROP)
  return b.build()
}

function keyOf(index: number): Uint8Array {
  const key = new Uint8Array(4)
  new DataView(key.buffer).setUint32(0, index, true)
  return key
}
