/** What VMs opened at endpoints of their own site, by endpoint. */
import type { DiagramSet } from '../diagram/index.ts'
import type { PacketSets } from '../packets/index.ts'
import type { End, Hairpins, OpenedAt } from './rewrites.ts'

/** What is known by endpoint: of many, few have something. */
class ByEnd<T> {
  /** By port, protocol and family, and then by address. */
  readonly #known = new Map<number, Map<bigint, T>>()

  get({ vip, protocol, port }: End): T | undefined {
    return this.#known.get((port * 256 + protocol) * 8 + vip.family)?.get(vip.value)
  }

  set({ vip, protocol, port }: End, value: T): void {
    const key = (port * 256 + protocol) * 8 + vip.family
    const known = this.#known.get(key)
    if (known) known.set(vip.value, value)
    else this.#known.set(key, new Map([[vip.value, value]]))
  }
}

/** Where endpoints stand in their list. All balancers of a site ask about the same lists, again and again. */
const places = new WeakMap<readonly End[], ByEnd<number[]>>()

function placesIn(endpoints: readonly End[]): ByEnd<number[]> {
  const known = places.get(endpoints)
  if (known) return known
  const made = new ByEnd<number[]>()
  endpoints.forEach((endpoint, at) => {
    const list = made.get(endpoint)
    if (list) list.push(at)
    else made.set(endpoint, [at])
  })
  places.set(endpoints, made)
  return made
}

/** What VMs opened at endpoints of their own site, as it is found. */
export class OpenedAtEnds implements Hairpins {
  readonly #sets: PacketSets
  readonly #opened = new ByEnd<DiagramSet>()
  readonly #ends: End[] = []

  constructor(sets: PacketSets) {
    this.#sets = sets
  }

  add(endpoint: End, packets: DiagramSet): void {
    const before = this.#opened.get(endpoint)
    if (before === undefined) this.#ends.push(endpoint)
    this.#opened.set(endpoint, this.#sets.union([before ?? this.#sets.none, packets]))
  }

  at(endpoint: End): DiagramSet {
    return this.#opened.get(endpoint) ?? this.#sets.none
  }

  among<E extends End>(endpoints: readonly E[]): readonly OpenedAt<E>[] {
    const there = placesIn(endpoints)
    return this.#ends.flatMap((end) =>
      (there.get(end) ?? []).map((at) => ({ endpoint: endpoints[at] as E, opened: this.at(end) })),
    )
  }
}
