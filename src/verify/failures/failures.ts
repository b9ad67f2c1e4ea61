/**
 * What breaks when elements fail. What is left is routed again (see `model/routes`), balancers choose among the machines that are left, and
 * the name servers that are left answer.
 */
import type { Network } from '../../model/index.ts'
import type { Policy } from '../../policy/index.ts'
import { type Element, elementsOf, together } from './element.ts'
import { Loads, type Overload } from './load.ts'
import { type OpenPromise, promisesOf } from './promise.ts'
import { Soundness } from './soundness.ts'
import { type Standing, Standings } from './standing.ts'
import { KnownRoutes, Ways } from './ways.ts'

/** A promise that does not stand. */
export interface Break {
  readonly promise: OpenPromise
  readonly standing: Exclude<Standing, { kind: 'stands' } | { kind: 'unused' }>
}

export interface Failure {
  /** One, or two that fail at a time. */
  readonly elements: readonly Element[]
  /** What does not stand then, and does without the failure. */
  readonly breaks: readonly Break[]
  /** What is then to carry more than it can, and is not without the failure. */
  readonly overloads: readonly Overload[]
}

export interface Failures {
  /** Those in which something breaks or is overloaded. Of two elements only what neither brings about alone. */
  readonly failures: readonly Failure[]
  /** How many were looked at. */
  readonly tried: number
  readonly promises: number
  /** What does not stand while nothing fails: proofs tell of it, and failures do not tell of it again. */
  readonly breaks: readonly Break[]
  /** What is to carry more than it can while nothing fails. */
  readonly overloads: readonly Overload[]
  /** Elements of a declared capacity, and demands: without either nothing is said of loads. */
  readonly rated: number
  readonly demands: number
}

export interface FailureOptions {
  /** 2: every pair too. Default 1. */
  readonly most?: 1 | 2
  readonly progress?: (done: number, total: number) => void
}

export function failuresOf(
  network: Network,
  policy: Policy,
  { most = 1, progress }: FailureOptions = {},
): Failures {
  const elements = elementsOf(network)
  const known = new KnownRoutes(network)
  const soundness = new Soundness(network)
  const loads = new Loads(network)
  const promises = promisesOf(network, policy)
  const whole = new Ways(known, together([]))
  const always = { breaks: breaksIn(whole, promises, [], soundness), overloads: loads.overloads(whole) }
  const unkept = new Set(always.breaks.map(({ promise }) => promise))
  const pairs = most === 2 ? pairsOf(elements) : []
  const total = elements.length + pairs.length
  let done = 0
  const found = new Map<string, Pick<Failure, 'breaks' | 'overloads'>>()
  const failures: Failure[] = []
  const look = (failing: readonly Element[]): void => {
    progress?.(done++, total)
    const ways = new Ways(known, together(failing))
    const breaks = breaksIn(ways, promises, failing, soundness)
    const overloads = loads.overloads(ways, lostSites(failing))
    const alone = failing.length > 1 ? failing.flatMap(({ id }) => found.get(id) ?? []) : []
    const earlierOverloads = [...always.overloads, ...alone.flatMap((each) => each.overloads)]
    const earlierBreaks = alone.flatMap((each) => each.breaks)
    const more = {
      breaks: breaks.filter(
        (each) => !unkept.has(each.promise) && !earlierBreaks.some((one) => isAsBad(one, each)),
      ),
      overloads: overloads.filter((each) => !earlierOverloads.some((one) => isSame(one, each))),
    }
    if (failing.length === 1) found.set((failing[0] as Element).id, { breaks, overloads })
    if (more.breaks.length > 0 || more.overloads.length > 0) failures.push({ elements: failing, ...more })
  }
  for (const element of elements) look([element])
  for (const pair of pairs) look(pair)
  const { rated, demands } = loads
  return {
    failures,
    tried: total,
    promises: promises.length,
    ...always,
    rated,
    demands: demands.length,
  }
}

/** Pairs of which neither takes the other along. */
function pairsOf(elements: readonly Element[]): (readonly [Element, Element])[] {
  return elements.flatMap((b, index) =>
    elements
      .slice(0, index)
      .flatMap((a): (readonly [Element, Element])[] => (isPart(a, b) || isPart(b, a) ? [] : [[a, b]])),
  )
}

/** Whether an element fails anyway if another does, or both do. */
function isPart(part: Element, whole: Element): boolean {
  const [link] = part.failed.links
  if (link === undefined) return [...part.failed.nodes].every((id) => whole.failed.nodes.has(id))
  return false
}

const isSame = (a: Overload, b: Overload): boolean =>
  a.id === b.id && a.towards === b.towards && a.unit === b.unit

const lostSites = (failing: readonly Element[]): ReadonlySet<string> =>
  new Set(failing.flatMap(({ kind, id }) => (kind === 'site' ? [id] : [])))

/** Whether one break of a promise says as much as another: that something is lost, or that nothing is left. */
const isAsBad = ({ promise, standing }: Break, other: Break): boolean =>
  promise === other.promise && (standing.kind === 'gone' || other.standing.kind === 'cut')

/** What breaks when some elements fail at a time. */
export const breaksOf = (
  known: KnownRoutes,
  promises: readonly OpenPromise[],
  failing: readonly Element[],
  soundness?: Soundness,
): readonly Break[] => breaksIn(new Ways(known, together(failing)), promises, failing, soundness)

/**
 * @param ways what is left without them
 * @param soundness what is known of failures that are alike; without it each way of each promise is looked at
 */
function breaksIn(
  ways: Ways,
  promises: readonly OpenPromise[],
  failing: readonly Element[],
  soundness?: Soundness,
): readonly Break[] {
  const standings = new Standings(ways, soundness)
  const lost = lostSites(failing)
  const all = promises.map((promise) => ({ promise, standing: standings.of(promise) }))
  return all.filter(
    (each): each is Break =>
      (each.standing.kind === 'cut' || (each.standing.kind === 'gone' && !isOfInstance(each.promise))) &&
      !(lost.has(each.promise.site ?? '') && isElsewhere(each.promise, all)),
  )
}

/** What leads to one machine falls with that machine. */
const isOfInstance = ({ goal }: OpenPromise): boolean =>
  goal.kind === 'endpoint' &&
  goal.endpoints.every(({ owner }) => 'instance' in owner && owner.instance !== undefined)

/** Whether another site keeps the same promise: what stood in a site that is lost as a whole is to live on there. */
const isElsewhere = (
  { id, name, site }: OpenPromise,
  all: readonly { readonly promise: OpenPromise; readonly standing: Standing }[],
): boolean =>
  all.some(
    ({ promise, standing }) =>
      promise.id === id && promise.name === name && promise.site !== site && standing.kind !== 'gone',
  )
