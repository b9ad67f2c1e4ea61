/** Other rules for a network that is up: the file is read again, its rules take the place of those in force, all or none. */
import { compileDeployment } from '../dataplane/index.ts'
import { type Network, type SettingChange, settingChanges } from '../model/index.ts'
import { derivePolicy, meaningsOf, type Policy } from '../policy/index.ts'
import { type Fingerprint, fingerprintOf, sameFingerprint } from './fingerprint.ts'
import type { RunningNetwork } from './running-network.ts'

/** What applying changed. */
export interface Applied {
  /** Number of the revision in force; the one with which the network came up is 0. */
  readonly revision: number
  /** Ids of enforcement points whose rules are others now; new and vanished ones too. */
  readonly points: readonly string[]
  /** Rules by `<point> <rule>`: those that were not there, those that are gone, those that say something else. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
  /** Names, and how long access is granted, that are others now. */
  readonly settings: readonly SettingChange[]
  /** Of each part of the work; `exchange` is the part of `update` in which rules of both revisions were in force. */
  readonly seconds: { readonly compile: number; readonly update: number; readonly exchange: number }
}

/** From what to what a plan leads. */
export interface PlannedStep {
  readonly old: Fingerprint
  readonly next: Fingerprint
}

/** What runs, or the file, is not what the plan was made from. */
export class PlanMismatchError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PlanMismatchError'
  }
}

/**
 * Puts the network's rules in force where `running` is up; one call after the other. Rejects as `Fabric.update`; then nothing has
 * changed.
 * @param plan rejects with {@link PlanMismatchError} unless this is the step
 */
export function applyNetwork(
  running: RunningNetwork,
  network: Network,
  plan?: PlannedStep,
): Promise<Applied> {
  const before = pending.get(running) ?? Promise.resolve()
  const start = () => apply(running, network, plan)
  const work = before.then(start, start)
  pending.set(running, work)
  return work
}

/** The last call of each network, which the next one waits for. */
const pending = new WeakMap<RunningNetwork, Promise<unknown>>()

async function apply(running: RunningNetwork, network: Network, plan?: PlannedStep): Promise<Applied> {
  const { network: before, policy: old, revision: previous } = running.inForce
  const start = performance.now()
  const policy = derivePolicy(network)
  if (plan) requireStep(running, network, policy, plan)
  const revision = previous + 1
  const deployment = compileDeployment(network, policy, running.successor())
  // Before the exchange: what rules say is found out once, and needed in it too.
  const difference = differenceOf(old, policy)
  const compiled = performance.now()
  const exchange = await running.fabric.update({ network, deployment })
  running.replaced({ network, policy, deployment, revision })
  const seconds = {
    compile: (compiled - start) / 1000,
    update: (performance.now() - compiled) / 1000,
    exchange: exchange.seconds,
  }
  return { revision, ...difference, settings: settingsInForce(before, network), seconds }
}

/** What is expected and excepted is for proofs alone. */
const ofRunning: ReadonlySet<SettingChange['subject']> = new Set(['zone', 'support', 'quota'])

const settingsInForce = (before: Network, network: Network): readonly SettingChange[] =>
  settingChanges(before, network).filter(({ subject }) => ofRunning.has(subject))

function requireStep(
  { name, inForce }: RunningNetwork,
  network: Network,
  policy: Policy,
  { old, next }: PlannedStep,
): void {
  if (!sameFingerprint(fingerprintOf(network, policy), next))
    throw new PlanMismatchError(
      `apply the plan: ${network.file} says something else than when the plan was made; plan again`,
    )
  if (!sameFingerprint(fingerprintOf(inForce.network, inForce.policy), old))
    throw new PlanMismatchError(
      `apply the plan: ${name} runs other rules (revision ${inForce.revision}) than those from which the plan was made; plan again`,
    )
}

function differenceOf(old: Policy, next: Policy): Pick<Applied, 'points' | 'added' | 'removed' | 'changed'> {
  const [before, after] = [sayings(old), sayings(next)]
  const added = [...after.keys()].filter((key) => !before.has(key))
  const removed = [...before.keys()].filter((key) => !after.has(key))
  const changed = [...after].flatMap(([key, meaning]) => {
    const earlier = before.get(key)
    return earlier !== undefined && earlier !== meaning ? [key] : []
  })
  const points = new Set([...added, ...removed, ...changed].map((key) => key.slice(0, key.indexOf(' '))))
  return { points: [...points], added, removed, changed }
}

/** What each rule says, by `<point> <rule>`. */
const sayings = ({ points }: Policy): ReadonlyMap<string, string> =>
  new Map(
    points.flatMap((point) =>
      meaningsOf(point).map(({ rule, meaning }) => [`${point.id} ${rule.id}`, meaning] as const),
    ),
  )
