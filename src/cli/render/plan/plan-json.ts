/** A plan as JSON: all of it, however much. */
import { formatPrefix } from '../../../net/index.ts'
import type { RulePlace } from '../../../policy/index.ts'
import type { Example, ReachChange, Stop } from '../../../verify/index.ts'
import { packetJson } from '../packet.ts'
import { verdictJson } from '../proof-text.ts'
import { ruleJson } from '../rule-json.ts'
import { trafficJson } from '../traffic-json.ts'
import { changesSomething, type Plan, type PlannedNetwork } from './plan.ts'
import { reachText } from './words.ts'

export const planJson = (plan: Plan) => ({
  ok: true,
  changes: changesSomething(plan),
  network: plan.network,
  old: networkJson(plan.old),
  new: networkJson(plan.next),
  reach: plan.change.reach.map(reachJson),
  machines: plan.change.machines,
  rules: plan.change.rules.map(({ kind, effect, points, rule }) => ({
    kind,
    effect,
    ...placeJson(rule),
    points,
  })),
  settings: plan.change.settings.map(({ subject, name, was, is }) => ({
    subject,
    name,
    was: was ?? null,
    is: is ?? null,
  })),
  invariants: plan.broken
    ? { count: plan.broken.count, broken: plan.broken.newly.map(verdictJson), still: plan.broken.still }
    : null,
  seconds: Math.round(plan.seconds * 1000) / 1000,
})

const networkJson = ({ file, fingerprint, running }: PlannedNetwork) => ({
  file,
  fingerprint,
  running: running ?? null,
})

const reachJson = (change: ReachChange) => ({
  kind: change.kind,
  text: reachText(change),
  senders: change.senders,
  source: change.source,
  sources: change.sources?.map(formatPrefix) ?? null,
  targets: change.targets,
  by: change.by,
  where: change.where,
  destinations: change.destinations?.map(formatPrefix) ?? null,
  inPart: change.inPart ?? false,
  traffic: change.traffic.map(trafficJson),
  pairs: change.pairs,
  example: change.example ? exampleJson(change.example) : null,
})

const exampleJson = ({ sender, receiver, packet, passes, stops }: Example) => ({
  sender,
  receiver: receiver ?? null,
  packet: packetJson(packet),
  passes: passes ? placeJson(passes) : null,
  stops: stopJson(stops),
})

const stopJson = (stop: Stop) => (stop.kind === 'rule' ? { kind: stop.kind, ...placeJson(stop.place) } : stop)

const placeJson = ({ point, tier, rule }: RulePlace) => ({ point: point.id, tier, ...ruleJson(rule) })
