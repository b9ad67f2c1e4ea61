/** `glacis plan [OLD] NEW`: what a network file changes, in who reaches whom, against another file or what runs. */
import { nameInvariants, zoneOf } from '../../dns/index.ts'
import { fingerprintOf, type InForceResult, networkFromJson, sameFingerprint } from '../../lab/index.ts'
import { settingChanges } from '../../model/index.ts'
import {
  type Broken,
  brokenBy,
  type Change,
  type ChangePhase,
  changeBetween,
  type Derived,
} from '../../verify/index.ts'
import { askNetwork, chooseNetwork } from '../ask-network.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { derived, requireNetwork } from '../network-argument.ts'
import { savePlan } from '../plan-file.ts'
import { changesSomething, type Plan, type PlannedNetwork } from '../render/plan/plan.ts'
import { planJson } from '../render/plan/plan-json.ts'
import { planMarkdown } from '../render/plan/plan-markdown.ts'
import { planText } from '../render/plan/plan-text.ts'
import { openProgress, type Progress } from '../render/progress.ts'
import { refuseStandardInput, standardInput } from '../standard-input.ts'
import type { Terminal } from '../terminal.ts'

export interface PlanOptions {
  /** Prove the invariants. */
  readonly proof: boolean
  readonly markdown: boolean
  /** Where the plan is saved. */
  readonly out?: string
  /** Which running network, if it is not up under the name in the file. */
  readonly name?: string
}

/** A network, what was derived from it, and where it was found. */
type End = Derived & { readonly planned: PlannedNetwork }

export async function plan(
  first: string | undefined,
  second: string | undefined,
  options: PlanOptions,
  terminal: Terminal,
): Promise<number> {
  if (second !== undefined && options.name !== undefined)
    throw new CommandError(
      'plan: two files are compared, and nothing that runs; leave out --name or one file',
    )
  if (first === standardInput && second === standardInput)
    throw new CommandError('plan - -: only one of the files can come on standard input; save the other')
  const next = fromFile(second ?? first, terminal)
  if (options.out !== undefined) refuseStandardInput(next.network.file, 'plan --out')
  const old =
    second === undefined
      ? await whatRuns(options.name ?? next.network.name, terminal)
      : fromFile(first, terminal)
  const started = performance.now()
  const made = compared(old, next, options, terminal)
  const result: Plan = {
    network: next.network.name,
    old: old.planned,
    next: next.planned,
    ...made,
    seconds: (performance.now() - started) / 1000,
  }
  if (options.out !== undefined) savePlan(options.out, result, new Date().toISOString())
  terminal.result(planJson(result))
  if (options.markdown) terminal.print(planMarkdown(result))
  else if (!terminal.json) terminal.print(planText(result, terminal.out))
  if (options.out !== undefined)
    terminal.say(terminal.err.dim(`saved; 'glacis apply --plan ${options.out}' does this and nothing else`))
  return changesSomething(result) ? exitCodes.changes : exitCodes.ok
}

function fromFile(file: string | undefined, terminal: Terminal): End {
  const network = requireNetwork(file, terminal)
  const policy = derived(network, terminal)
  return { network, policy, planned: { file: network.file, fingerprint: fingerprintOf(network, policy) } }
}

/** What runs, from itself: its file may have changed since. */
async function whatRuns(name: string, terminal: Terminal): Promise<End> {
  const lab = chooseNetwork(name, 'plan against what runs')
  const { file, revision, fingerprint, ...answer } = (await askNetwork(lab, 'in-force')) as InForceResult
  const network = networkFromJson(answer.network)
  const policy = derived(network, terminal)
  if (!sameFingerprint(fingerprintOf(network, policy), fingerprint))
    throw new CommandError(
      `plan against ${lab.name}: it was brought up by another version of Glacis; give its file, or bring it up anew`,
      exitCodes.unavailable,
    )
  return { network, policy, planned: { file, fingerprint, running: { name: lab.name, revision } } }
}

interface Compared {
  readonly change: Change
  readonly broken?: Broken
}

function compared(old: End, next: End, { proof }: PlanOptions, terminal: Terminal): Compared {
  const progress = openProgress(terminal)
  // A small network is compared before anybody could read what is being done.
  const say = Math.max(old.policy.points.length, next.policy.points.length) > 1000 ? progress : undefined
  try {
    const same = sameFingerprint(old.planned.fingerprint, next.planned.fingerprint)
    const change = same ? ofSettings(old, next) : changeBetween(old, next, say && phases(say))
    if (!proof || (same && change.settings.length === 0)) return { change }
    const broken = brokenBy(old, next, {
      more: (network) => nameInvariants(zoneOf(network)),
      ...(say && { progress: (done: number, total: number) => say('proof', done, total) }),
    })
    return { change, broken }
  } finally {
    progress.end()
  }
}

/** Of two networks in which every packet fares alike. */
const ofSettings = (old: End, next: End): Change => ({
  reach: [],
  machines: [],
  rules: [],
  settings: settingChanges(old.network, next.network),
})

const phases =
  (progress: Progress) =>
  (phase: ChangePhase, done: number, total: number): void =>
    progress(`plan-${phase}`, done, total)
