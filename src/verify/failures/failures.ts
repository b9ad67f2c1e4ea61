/**
 * What breaks when elements fail. What is left is routed again (see `model/routes`), balancers choose among the machines that are left, and
 * the name servers that are left answer.
 */
import type { Network } from '../../model/index.ts'
import type { Policy } from '../../policy/index.ts'
import { type Element, elementsOf, together } from './element.ts'
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
  readonly breaks: readonly Break[]
}

export interface Failures {
  /** Those in which something breaks. Of two elements only what neither breaks alone. */
  readonly failures: readonly Failure[]
  /** How many were looked at. */
  readonly tried: number
  readonly promises: number
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
  const promises = promisesOf(network, policy)
  const pairs = most === 2 ? pairsOf(elements) : []
  const total = elements.length + pairs.length
  let done = 0
  const found = new Map<string, readonly Break[]>()
  const failures: Failure[] = []
  const look = (failing: readonly Element[]): void => {
    progress?.(done++, total)
    const breaks = breaksOf(known, promises, failing, soundness)
    const earlier = failing.length > 1 ? failing.flatMap(({ id }) => found.get(id) ?? []) : []
    const more = breaks.filter((each) => !earlier.some((one) => isAsBad(one, each)))
    if (failing.length === 1) found.set((failing[0] as Element).id, breaks)
    if (more.length > 0) failures.push({ elements: failing, breaks: more })
  }
  for (const element of elements) look([element])
  for (const pair of pairs) look(pair)
  return { failures, tried: total, promises: promises.length }
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

/** Whether one break of a promise says as much as another: that something is lost, or that nothing is left. */
const isAsBad = ({ promise, standing }: Break, other: Break): boolean =>
  promise === other.promise && (standing.kind === 'gone' || other.standing.kind === 'cut')

/**
 * What breaks when some elements fail at a time.
 * @param soundness what is known of failures that are alike; without it each way of each promise is looked at
 */
export function breaksOf(
  known: KnownRoutes,
  promises: readonly OpenPromise[],
  failing: readonly Element[],
  soundness?: Soundness,
): readonly Break[] {
  const standings = new Standings(new Ways(known, together(failing)), soundness)
  const lost = new Set(failing.flatMap(({ kind, id }) => (kind === 'site' ? [id] : [])))
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
