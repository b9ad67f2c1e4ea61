/** What a fault does to what a point makes of packets: nothing, or something. */
import type { Point, Policy, Translation } from '../../../src/policy/index.ts'
import type { DiagramSet } from '../../../src/verify/diagram/index.ts'
import type { ProofMemory } from '../../../src/verify/index.ts'
import { Openings } from '../../../src/verify/network/openings.ts'
import { translates } from '../../../src/verify/network/passage.ts'

/** Whether a point that is spoilt so lets something else pass, or makes something else of it. A missing point lets everything pass. */
export function changesSomething(
  memory: ProofMemory,
  policy: Policy,
  point: Point,
  spoilt: Point | undefined,
): boolean {
  if (!spoilt) return true
  const { sets, passages } = memory
  if (!translates(point)) {
    const passed = (one: Point): DiagramSet => sets.mask(sets.all, passages.passed(one, sets.all))
    return passed(point) !== passed(spoilt)
  }
  const [before, after] = [point, spoilt].map((one) => relation(memory, policy, one)) as [Relation, Relation]
  return (
    before.stopped !== after.stopped ||
    before.made.size !== after.made.size ||
    [...before.made].some(([what, packets]) => after.made.get(what) !== packets)
  )
}

interface Relation {
  readonly stopped: DiagramSet
  /** Packets by what is made of them. */
  readonly made: ReadonlyMap<string, DiagramSet>
}

/** What a balancer makes of all packets, while it knows every connection that can be opened through it. */
function relation({ sets, passages }: ProofMemory, { points }: Policy, point: Point): Relation {
  const known = new Openings(sets, passages)
  for (const each of points) if (each.node === point.node && translates(each)) known.passed(each, sets.all)
  const hits = new Map<string, DiagramSet[]>()
  const { stopped } = passages.knowing(known).through(point, sets.all, ({ translation }, packets) => {
    const what = outcomeOf(translation)
    hits.set(what, [...(hits.get(what) ?? []), packets])
  })
  return {
    stopped: sets.where(stopped, (rule) => rule > 0),
    made: new Map(Array.from(hits, ([what, list]) => [what, sets.union(list)])),
  }
}

function outcomeOf(translation: Translation): string {
  const lent = (one: { address: unknown; ports: unknown } | undefined) => one && [one.address, one.ports]
  const text = (value: unknown) =>
    JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part))
  switch (translation.kind) {
    case 'endpoint-in':
      return text(['in', translation.backends, lent(translation.hairpin)])
    case 'endpoint-out':
      return text(['out', translation.vip, translation.port])
    case 'egress-out':
      return text(['lent', lent(translation)])
    case 'egress-in':
      return text(['back', translation.address])
  }
}
