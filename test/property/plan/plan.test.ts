/** Plans against the evaluator: random changes, random packets; the fate of a packet differs if and only if the plan says so. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIp } from '../../../src/net/index.ts'
import { Cells, isOutside, type Sides, type Source } from '../../../src/verify/change/cells.ts'
import { type Delta, deltasBetween, targetKey } from '../../../src/verify/change/delta.ts'
import { exampleOf } from '../../../src/verify/change/example.ts'
import { withoutExpected } from '../../../src/verify/change/fold.ts'
import { createShared, Side } from '../../../src/verify/change/side.ts'
import type { Target } from '../../../src/verify/change/target.ts'
import { changeBetween } from '../../../src/verify/index.ts'
import { type PacketSets, tupleOf } from '../../../src/verify/packets/index.ts'
import { packetIn } from '../../support/packet-in.ts'
import { pick, type Random, randomFrom } from '../../support/random.ts'
import { type RandomChange, randomChange } from './random-change.ts'
import { arrives, outsideAddresses, packetOf, type Question, randomContent } from './random-packet.ts'

interface Compared extends Sides {
  readonly sets: PacketSets
  readonly cells: Cells
  readonly deltas: readonly Delta[]
}

function compared({ old, next }: RandomChange): Compared {
  const shared = createShared()
  const { sets } = shared
  const sides = {
    old: new Side(old.network, old.policy, shared),
    next: new Side(next.network, next.policy, shared, old.policy),
  }
  const cells = new Cells(shared, sides)
  return { ...sides, sets, cells, deltas: deltasBetween(sets, sides, cells) }
}

const routers = new Set(['access-router', 'balancer', 'distribution-router'])

function randomQuestion({ old, next }: Compared, random: Random): Question {
  const side = pick([old, next], random)
  const sender = pick(
    side.network.nodes.filter(({ kind }) => !routers.has(kind)),
    random,
  )
  const targets: readonly (readonly [string, Target])[] = [
    ...Array.from(side.targets, ([key, { target }]) => [key, target] as const),
    ['outside', { kind: 'outside' }],
  ]
  const [key, target] = pick(targets, random)
  const content = randomContent(random)
  const forged = random(10) === 0
  const source: Source = isOutside(sender) ? (forged ? 'forged' : 'any') : forged ? 'forged' : 'own'
  const inside = side.network.nodes
    .filter((node) => node.kind !== 'internet' && node.id !== sender.id && node.vm?.host !== sender.id)
    .flatMap(({ addresses }) => addresses.filter(({ family }) => family === content.family))
  const outside = outsideAddresses[content.family]
  return {
    sender: sender.id,
    source,
    key,
    target,
    content,
    from: pick(source === 'any' ? outside : inside, random),
    to: pick(outside, random),
  }
}

/** Of packets that the plan says something about, one with something in it that is another. */
function nearQuestion(plan: Compared, random: Random): Question {
  const some = randomQuestion(plan, random)
  if (plan.deltas.length === 0) return some
  const { senders, source, target, traffic } = pick(plan.deltas, random)
  const { source: from, destination: to, ...content } = packetIn(plan.sets, traffic, random)
  const near: Question = {
    sender: pick(senders, random),
    source,
    key: targetKey(target),
    target,
    content,
    from,
    to,
  }
  const isAlike = some.content.family === content.family && some.source === source
  switch (random(4)) {
    case 0:
      return {
        ...near,
        content: {
          ...content,
          ...(content.destinationPort > 0 && { destinationPort: some.content.destinationPort }),
        },
      }
    case 1:
      return { ...near, target: some.target, key: some.key, to: isAlike ? some.to : to }
    case 2:
      return isAlike ? { ...near, sender: some.sender } : near
    default:
      return near
  }
}

/** What the plan says of a packet. */
function said({ sets, deltas, old, next }: Compared, question: Question): Delta['kind'] | undefined {
  for (const delta of deltas) {
    if (delta.source !== question.source || targetKey(delta.target) !== question.key) continue
    if (!delta.senders.includes(question.sender)) continue
    const packet = packetOf(delta.kind === 'opened' ? next : old, question)
    if (packet && sets.at(delta.traffic, tupleOf(packet)) === 1) return delta.kind
  }
  return undefined
}

/** What the evaluator says; `null`: a balancer chose machines that cannot be compared. */
function happened({ old, next }: Compared, question: Question): Delta['kind'] | undefined | null {
  const [before, after] = [arrives(old, question), arrives(next, question)]
  if (before === undefined || after === undefined) return null
  return before === after ? undefined : after ? 'opened' : 'closed'
}

const isSelf = ({ sender, target }: Question, sides: Sides): boolean =>
  target.kind === 'machine' &&
  (target.node === sender ||
    [sides.old, sides.next].some((side) => side.node(target.node)?.vm?.host === sender))

const text = (question: Question, story: string): string =>
  `${question.sender} ${question.source} ${question.key} from ${formatIp(question.from)} ${JSON.stringify(question.content)}\n${story}`

const ofSeeds = (numRuns: number, check: (random: Random) => void): void =>
  fc.assert(
    fc.property(fc.integer(), (seed) => check(randomFrom(seed))),
    { numRuns },
  )

describe('against the evaluator', () => {
  it('a packet whose fate differs is in the plan, and no other', () => {
    let [same, other] = [0, 0]
    ofSeeds(20, (random) => {
      const change = randomChange(random)
      const plan = compared(change)
      for (let count = 0; count < 400; count++) {
        const question = (count % 2 === 0 ? randomQuestion : nearQuestion)(plan, random)
        if (isSelf(question, plan)) continue
        const fact = happened(plan, question)
        if (fact === null) continue
        expect(said(plan, question), text(question, change.story)).toBe(fact)
        if (fact) other++
        else same++
      }
    })
    expect(same).toBeGreaterThan(3000)
    expect(other).toBeGreaterThan(200)
  }, 120_000)

  it('whatever is in the plan differs', () => {
    let checked = 0
    ofSeeds(20, (random) => {
      const change = randomChange(random)
      const plan = compared(change)
      for (let count = 0; count < 60 && plan.deltas.length > 0; count++) {
        const { kind, senders, source, target, traffic } = pick(plan.deltas, random)
        const { source: from, destination: to, ...content } = packetIn(plan.sets, traffic, random)
        const question: Question = {
          sender: pick(senders, random),
          source,
          key: targetKey(target),
          target,
          content,
          from,
          to,
        }
        if (isSelf(question, plan)) continue
        const fact = happened(plan, question)
        if (fact === null) continue
        checked++
        expect(fact, text(question, change.story)).toBe(kind)
      }
    })
    expect(checked).toBeGreaterThan(300)
  }, 120_000)

  it('each difference has a packet that shows it', () => {
    ofSeeds(15, (random) => {
      const change = randomChange(random)
      const plan = compared(change)
      for (const delta of withoutExpected(plan.deltas, plan, plan.cells).slice(0, 20)) {
        const example = exampleOf(plan.sets, plan, delta)
        expect(example, `${JSON.stringify(delta)}\n${change.story}`).toBeDefined()
      }
    })
  }, 120_000)

  it('rules without effect have none: put back, nobody reaches more or less', () => {
    let none = 0
    // Few changes are without effect: they are drawn until there were some.
    ofSeeds(300, (random) => {
      if (none >= 3) return
      const change = randomChange(random)
      const { rules, reach } = changeBetween(change.old, change.next)
      if (
        rules.every(({ effect }) => effect === 'none') &&
        change.old.network.nodes.length === change.next.network.nodes.length
      ) {
        none++
        expect(reach, change.story).toEqual([])
      }
    })
    expect(none).toBe(3)
  }, 120_000)
})
