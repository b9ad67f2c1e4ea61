/** What would turn an answer: the smallest sets of changes that open what is closed, or close what is open. */
import { type Point, pointById, pointsAt } from '../../policy/index.ts'
import type { Flow } from '../arrival/index.ts'
import type { Proof } from '../invariants/index.ts'
import type { Edit, EditKind } from './edit.ts'
import { Editor } from './edited.ts'
import { Edits } from './edits.ts'
import { exampleOf } from './example.ts'
import { answeredOf, arrivingOf, fateOf } from './fate.ts'
import { type Found, keyOf, mostChanges, type Outcome, smallestSets } from './search.ts'
import type { Subject } from './subject.ts'
import { waysOf } from './ways.ts'

export interface Turning {
  /** By whom the changes can be made: those of the first set that can be made by fewer hands come first. */
  readonly sets: readonly (readonly Edit[])[]
  /** Changes up to which every set was looked at. */
  readonly looked: number
}

export class Turn {
  readonly #editor: Editor
  readonly #subject: Subject
  readonly #known = new Map<string, Outcome>()

  constructor(proof: Proof, subject: Subject) {
    this.#editor = new Editor(proof)
    this.#subject = subject
  }

  /** So that something arrives and is answered. */
  toOpen(): Turning {
    const edits = new Edits(this.#subject, 'allow')
    return this.#byHands((set) => this.#opened(edits, set), ['own', 'grant'], ['override'], ['fixed'])
  }

  /** So that nothing arrives. */
  toClose(): Turning {
    const edits = new Edits(this.#subject, 'deny')
    return this.#byHands((set) => this.#closed(edits, set), ['own'], ['override'])
  }

  /** A network with a set of changes made. */
  with(edits: readonly Edit[]) {
    return this.#editor.with(edits)
  }

  /** First with what is the user's own to change; then with what is not, where that is no more. */
  #byHands(outcome: (set: readonly Edit[]) => Outcome, ...hands: readonly (readonly EditKind[])[]): Turning {
    const sets: (readonly Edit[])[] = []
    let looked = mostChanges
    let limit = mostChanges
    const allowed = new Set<EditKind>()
    for (const kinds of hands) {
      for (const kind of kinds) allowed.add(kind)
      const known = (set: readonly Edit[]): Outcome => {
        const key = keyOf(set)
        const made = this.#known.get(key) ?? outcome(set)
        this.#known.set(key, made)
        return made
      }
      const found: Found = smallestSets(known, ({ kind }) => allowed.has(kind), limit)
      const told = new Set(sets.map(keyOf))
      sets.push(...found.sets.filter((set) => !told.has(keyOf(set))))
      looked = Math.min(looked, found.looked)
      const [first] = found.sets
      if (first) limit = first.length
    }
    return { sets, looked }
  }

  #opened(edits: Edits, set: readonly Edit[]): Outcome {
    const proof = this.#editor.proof(set)
    const stops = []
    for (const { flows } of waysOf(proof, this.#subject.classes))
      for (const flow of flows) {
        const { arrives, stops: forth } = fateOf(proof, flow)
        if (arrives.length === 0) {
          stops.push(...forth)
          continue
        }
        const { home, stops: back } = answeredOf(proof, arrives)
        if (home) return { turned: true, needs: [] }
        stops.push(...back)
      }
    return {
      turned: false,
      needs: [
        unique([...stops.flatMap((stop) => edits.against(stop)), ...edits.endpoints()]).filter(
          (edit) => !(isEndpoint(edit) && set.some(isEndpoint)),
        ),
      ],
    }
  }

  #closed(edits: Edits, set: readonly Edit[]): Outcome {
    const proof = this.#editor.proof(set)
    const needs: (readonly Edit[])[] = []
    for (const { flows } of waysOf(proof, this.#subject.classes))
      for (const flow of flows)
        for (const points of passedBy(proof, flow)) {
          const innermost = [...points].sort((a, b) => depthOf(b) - depthOf(a))
          needs.push(unique(innermost.flatMap((point) => edits.closing(point))))
        }
    return { turned: needs.length === 0, needs }
  }
}

/** Whatever arrives gets to one role: an endpoint of another has no part in it. */
const isEndpoint = ({ key }: Edit): boolean => key.startsWith('endpoint ')

/** Senders of a flow of which one packet is looked at. */
const mostSenders = 8

/** Points that packets of a flow pass that arrive: of some of them one by one, each on one way, as far as the evaluator confirms them. */
function passedBy(proof: Proof, flow: Flow): readonly ReadonlySet<Point>[] {
  const arrives = arrivingOf(proof, flow)
  if (arrives.length === 0) return []
  const step = Math.ceil(arrives.length / mostSenders)
  const examples = arrives
    .filter((_, index) => index % step === 0)
    .flatMap((emission) => exampleOf(proof, flow, [emission]) ?? [])
  if (examples.length === 0) return [new Set(pointsOf(proof, proof.from(arrives)))]
  return examples.map(
    ({ path }) =>
      new Set(
        path.hops.flatMap(({ judgements }) =>
          judgements.map(({ point }) => pointById(proof.policy, point.id) ?? point),
        ),
      ),
  )
}

/** Points at the interfaces by which packets came and went. */
function* pointsOf({ policy }: Proof, { arrived, sent }: ReturnType<Proof['from']>): Iterable<Point> {
  for (const [places, direction] of [
    [arrived, 'in'],
    [sent, 'out'],
  ] as const)
    for (const place of places.keys()) {
      const [node, iface] = place.split(' ') as [string, string]
      yield* pointsAt(policy, node, iface, direction)
    }
}

/** How far inside a point stands, as seen by those that packets go to. */
function depthOf({ kind, flow, id }: Point): number {
  const toLocal = flow?.heading !== 'from-local'
  switch (kind) {
    case 'guest':
      return toLocal ? 7 : 0
    case 'hypervisor':
    case 'native-host':
    case 'host':
      return toLocal ? 6 : 1
    case 'access-router':
      return id.endsWith('/internal/in') ? 5 : 2
    case 'balancer':
      return 3
    case 'distribution-router':
      return 4
  }
}

const unique = (edits: readonly Edit[]): readonly Edit[] => [
  ...new Map(edits.map((edit) => [edit.key, edit])).values(),
]
