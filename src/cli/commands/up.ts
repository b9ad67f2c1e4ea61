/** `glacis up FILE`: brings the network up, holds it against its prediction, and keeps it or, with `--check`, takes it down. */
import { AccessError } from '../../control/index.ts'
import { compileDeployment, type Deployment } from '../../dataplane/index.ts'
import { KernelError } from '../../kernel/index.ts'
import type {
  AcceptanceReport,
  Fabric,
  KernelFabric,
  Mode,
  Presence,
  RunningLab,
  WrittenCredentials,
} from '../../lab/index.ts'
import type { Network } from '../../model/index.ts'
import { derivePolicy, type Policy } from '../../policy/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { requireNetwork } from '../network-argument.ts'
import { readPlan, type SavedPlan, unfit } from '../plan-file.ts'
import { acceptanceJson, acceptanceText } from '../render/acceptance-report.ts'
import { lapseText } from '../render/lapse-text.ts'
import { muteText } from '../render/mute-text.ts'
import { openProgress, type Progress } from '../render/progress.ts'
import { refuseStandardInput } from '../standard-input.ts'
import type { Terminal } from '../terminal.ts'
import { awaitInterruption, type Interruption } from '../up/interruption.ts'
import { invitation } from '../up/invitation.ts'
import { chooseMode } from '../up/mode.ts'
import { Stopwatch } from '../up/stopwatch.ts'

export interface UpOptions {
  readonly check: boolean
  readonly portable: boolean
  readonly name?: string
  /** A saved plan: what it leads to is brought up, if the file still says it. */
  readonly plan?: string
}

export async function up(file: string | undefined, options: UpOptions, terminal: Terminal): Promise<number> {
  const clock = new Stopwatch()
  const saved = options.plan === undefined ? undefined : readPlan(options.plan)
  refuseStandardInput(file, 'up')
  const network = requireNetwork(file ?? saved?.new.file, terminal)
  if (saved) await requirePlanned(network, saved, options.plan as string)
  clock.lap('load')
  const name = options.name ?? network.name
  const mode = await chooseMode(options.portable, network, terminal)
  const keep = !options.check
  if (keep) await refuseSecond(name)
  clock.lap('prepare')
  const interruption = awaitInterruption()
  const progress = openProgress(terminal)
  try {
    const run = new Run({ network, mode, name, keep, clock, progress, terminal, interruption })
    return await run.play()
  } catch (error) {
    progress.end()
    if (error instanceof AccessError)
      throw new CommandError(
        `bring up ${network.name}: ${error.message} (${error.code})`,
        exitCodes.unavailable,
      )
    throw error instanceof KernelError ? refused(network, error) : error
  } finally {
    interruption.dispose()
  }
}

interface RunOptions {
  readonly network: Network
  readonly mode: Mode
  readonly name: string
  /** Whether it stays up until it is interrupted. */
  readonly keep: boolean
  readonly clock: Stopwatch
  readonly progress: Progress
  readonly terminal: Terminal
  readonly interruption: Interruption
}

/** One life of a network. */
class Run {
  readonly #options: RunOptions
  readonly #policy: Policy
  readonly #deployment: Deployment
  #presence: Presence | undefined
  #credentials: Promise<WrittenCredentials> | undefined

  constructor(options: RunOptions) {
    const { network, clock, progress } = options
    this.#options = options
    progress('compile', 0, 1)
    this.#policy = derivePolicy(network)
    clock.lap('derive')
    this.#deployment = compileDeployment(network, this.#policy)
    clock.lap('compile')
  }

  async play(): Promise<number> {
    const { clock, interruption, progress } = this.#options
    const fabric = await Promise.race([this.#bringUp(), interruption.happened])
    // What was begun ends with the process: nothing else holds it.
    if (fabric === 'interrupted') return this.#interrupted()
    clock.adopt(fabric.seconds)
    try {
      const report = await Promise.race([this.#accept(fabric), interruption.happened])
      if (report === 'interrupted') return this.#interrupted()
      clock.lap('probes')
      progress.end()
      return await this.#conclude(fabric, report)
    } finally {
      await this.#close(fabric)
    }
  }

  async #bringUp(): Promise<Fabric> {
    const { network, mode, keep, progress } = this.#options
    const options = { network, deployment: this.#deployment, progress }
    const { bringUpKernel, bringUpPortable, writeLabCredentials } = await import('../../lab/index.ts')
    if (mode === 'portable') {
      const fabric = await bringUpPortable(options)
      if (keep) await this.#makeKnown(fabric, new Map()).catch((error) => this.#unreachable(error))
      return fabric
    }
    const fabric = await bringUpKernel(options)
    if (keep) {
      await this.#makeKnown(fabric, fabric.namespaces)
      this.#credentials = writeLabCredentials(this.#options.name, network, fabric)
      // Whether it succeeds is asked when the network has been checked.
      this.#credentials.catch(() => undefined)
    }
    return fabric
  }

  async #makeKnown(fabric: Fabric, namespaces: ReadonlyMap<string, number>): Promise<void> {
    const { network, name, terminal } = this.#options
    const { makeKnown, RunningNetwork } = await import('../../lab/index.ts')
    const inForce = { network, policy: this.#policy, deployment: this.#deployment }
    this.#presence = await makeKnown(new RunningNetwork(name, fabric, inForce), namespaces, {
      onLogDamage: (what) => terminal.say(`${terminal.err.red('Damaged')}: ${what}`),
    })
  }

  /** Portable mode is for all systems and users: some have no place where the network could be found. */
  #unreachable(error: unknown): void {
    const { terminal, name } = this.#options
    const reason = error instanceof Error ? error.message : String(error)
    terminal.say(
      `${terminal.err.yellow('Alone')}: other commands will not find ${name}: ${reason}; set GLACIS_STATE_DIR to a folder of yours`,
    )
  }

  async #accept(fabric: Fabric): Promise<AcceptanceReport> {
    const { network, progress } = this.#options
    const { checkHttps, runAcceptance } = await import('../../lab/index.ts')
    const options = { fabric, network, policy: this.#policy, deployment: this.#deployment, progress }
    const report = await runAcceptance(options)
    if (!isKernel(fabric)) return report
    const https = await checkHttps(fabric, network, this.#policy)
    return { ...report, https, ok: report.ok && https.every(({ reason }) => reason === undefined) }
  }

  async #conclude(fabric: Fabric, report: AcceptanceReport): Promise<number> {
    const { network, name, keep, clock, terminal, interruption } = this.#options
    terminal.print(`\n${acceptanceText(report, terminal)}`)
    if (keep) {
      await this.#credentials
      fabric.onLapse((lapse) => terminal.say(lapseText(lapse, terminal)))
      fabric.onMute((mute) => terminal.say(muteText(mute, terminal)))
      terminal.result(acceptanceJson(network, report, clock.read()))
      terminal.print(`\n${invitation(network, network.file, name, terminal, fabric.mode)}`)
      await interruption.happened
      terminal.say(`\nTaking ${name} down …`)
    } else {
      await this.#close(fabric)
      clock.lap('down')
      terminal.result(acceptanceJson(network, report, clock.read()))
      terminal.print(timesText(report.mode, clock.read()))
    }
    return report.ok ? exitCodes.ok : exitCodes.no
  }

  /** May be called twice. */
  async #close(fabric: Fabric): Promise<void> {
    const credentials = await this.#credentials?.catch(() => undefined)
    credentials?.close()
    await this.#presence?.close()
    await fabric.close()
  }

  #interrupted(): number {
    const { progress, terminal, network } = this.#options
    progress.end()
    terminal.say(`up ${network.name}: interrupted; the network is down`)
    terminal.result({ ok: false, error: { message: 'interrupted', exitCode: exitCodes.interrupted } })
    return exitCodes.interrupted
  }
}

const isKernel = (fabric: Fabric): fabric is KernelFabric => fabric.mode === 'kernel'

/** `kernel mode: 5.2 s (compile 0.6, nodes 0.1, …)` */
function timesText(mode: Mode, { total, ...phases }: Readonly<Record<string, number>>): string {
  const parts = Object.entries(phases)
    .filter(([, seconds]) => seconds >= 0.05)
    .map(([phase, seconds]) => `${phase} ${seconds.toFixed(1)}`)
  return `  ${mode} mode, ${total?.toFixed(1)} s: ${parts.join(', ')}`
}

async function requirePlanned(network: Network, saved: SavedPlan, path: string): Promise<void> {
  const { running } = saved.old
  if (running)
    throw unfit(
      path,
      `it leads from ${running.name} as it ran to other rules, which 'glacis apply --plan ${path}' does`,
    )
  const { fingerprintOf, sameFingerprint } = await import('../../lab/index.ts')
  if (!sameFingerprint(fingerprintOf(network, derivePolicy(network)), saved.new.fingerprint))
    throw unfit(path, `${network.file} says something else than when the plan was made`)
}

async function refuseSecond(name: string): Promise<void> {
  const { findRunning, HiddenLabError } = await import('../../lab/index.ts')
  let running: RunningLab | undefined
  try {
    running = findRunning(name)
  } catch (error) {
    // Another user's: this one will not be found beside it, which is said then.
    if (!(error instanceof HiddenLabError)) throw error
  }
  if (!running) return
  throw new CommandError(
    `bring up ${name}: it is up already, in process ${running.pid}; take it down with 'glacis down ${name}', or give this one another name with --name`,
  )
}

const refused = ({ name }: Network, { message }: KernelError): CommandError =>
  new CommandError(
    `bring up ${name}: ${message}; mend that, or add --portable to run without the kernel`,
    exitCodes.unavailable,
  )
