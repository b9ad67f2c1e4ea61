/**
 * What filters remember of openings that passed them, and balancers of connections that they lent a port. Not one flow is held up against another:
 * a set has all that any history can open.
 */

import { formatIp, type Ip } from '../../net/index.ts'
import { type FlowUse, lendingOf, type Point } from '../../policy/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { kindLevels, type PacketSets } from '../packets/index.ts'
import { swapEnds } from './ends.ts'
import { Gathered } from './gathered.ts'
import type { Hit, Passage, Passages, Passing } from './passage.ts'
import type { End, Hairpins, LentConnections, OpenedAt } from './rewrites.ts'

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

/** What VMs opened at endpoints of their own site. */
class OpenedAtEnds implements Hairpins {
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

export class Openings implements Passing, LentConnections {
  readonly #sets: PacketSets
  readonly #passages: Passages
  /** By flow table and heading. */
  readonly #opened: Gathered
  /** To the outside, by the address lent. */
  readonly #lent: Gathered
  /** To endpoints of the site, by the address lent and then by the endpoint. */
  readonly #hairpins = new Map<string, OpenedAtEnds>()

  constructor(sets: PacketSets, passages: Passages) {
    this.#sets = sets
    this.#passages = passages
    this.#opened = new Gathered(sets)
    this.#lent = new Gathered(sets)
  }

  passed(point: Point, packets: DiagramSet): DiagramSet {
    return this.#note(point, this.#passages.passed(point, packets, this.#hit))
  }

  through(point: Point, packets: DiagramSet): Passage {
    const passage = this.#passages.through(point, packets, this.#hit)
    this.#note(point, passage.passed)
    return passage
  }

  /** Packets to a point that answer what passed in the other direction. */
  answersAt(point: Point): DiagramSet {
    const { flow } = point
    if (!flow) return this.#sets.none
    const other = flow.heading === 'to-local' ? 'from-local' : 'to-local'
    const opened = this.openedAt(point.node, flow.table, other)
    if (opened === this.#sets.none) return opened
    return this.#sets.mask(this.#sets.all, this.#sets.forget(swapEnds(this.#sets, opened), kindLevels))
  }

  /** What opened flows of a filter under one of its headings. */
  openedAt(node: string, table: string, heading: FlowUse['heading']): DiagramSet {
    return this.#opened.sets.get(`${node} ${table} ${heading}`) ?? this.#sets.none
  }

  outward(address: Ip): DiagramSet {
    return this.#lent.sets.get(formatIp(address)) ?? this.#sets.none
  }

  hairpins(address: Ip): Hairpins | undefined {
    return this.#hairpins.get(formatIp(address))
  }

  #note(point: Point, passed: DiagramSet): DiagramSet {
    if (!point.flow || passed === this.#sets.none) return passed
    const before = rulesBeforeFlow(point, this.#passages)
    const asked = this.#sets.where(this.#passages.decisions.of(point), (value) => value > before)
    this.#opened.add(`${tableOf(point)} ${point.flow.heading}`, this.#sets.mask(asked, passed))
    return passed
  }

  readonly #hit: Hit = ({ translation }, packets) => {
    const lending = lendingOf(translation)
    if (!lending) return
    const address = formatIp(lending.address)
    if (translation.kind !== 'endpoint-in') {
      this.#lent.add(address, packets)
      return
    }
    const there = this.#hairpins.get(address) ?? new OpenedAtEnds(this.#sets)
    this.#hairpins.set(address, there)
    there.add(translation, packets)
  }
}

/** What an earlier tier allows is not remembered. */
function rulesBeforeFlow({ tiers }: Point, { decisions }: Passages): number {
  const at = tiers.findIndex(({ kind }) => kind === 'flow')
  if (at < 0) return Number.POSITIVE_INFINITY
  return tiers.slice(0, at).reduce((sum, tier) => sum + decisions.lengthOf(tier), 0)
}

const tableOf = ({ node, flow }: Point): string => `${node} ${flow?.table}`
