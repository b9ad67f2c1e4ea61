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
import { OpenedAtEnds } from './opened-at-ends.ts'
import type { Hit, Passage, Passages, Passing } from './passage.ts'
import type { Hairpins, LentConnections } from './rewrites.ts'

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
