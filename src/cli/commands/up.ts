/** `glacis up FILE`: brings the network up, holds it against its prediction, and keeps it or, with `--check`, takes it down. */
import { compileDeployment } from '../../dataplane/index.ts'
import type { AcceptanceReport, Fabric, FabricOptions, Mode } from '../../lab/index.ts'
import type { Network } from '../../model/index.ts'
import { formatIp } from '../../net/index.ts'
import { derivePolicy } from '../../policy/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { networkFile, requireNetwork } from '../network-argument.ts'
import { acceptanceJson, acceptanceText } from '../render/acceptance-report.ts'
import { openProgress, type Progress } from '../render/progress.ts'
import type { Terminal } from '../terminal.ts'

export interface UpOptions {
  readonly check: boolean
  readonly portable: boolean
  readonly name?: string
}

export async function up(file: string | undefined, options: UpOptions, terminal: Terminal): Promise<number> {
  const clock = new Stopwatch()
  const network = requireNetwork(file, terminal)
  clock.lap('load')
  const policy = derivePolicy(network)
  clock.lap('derive')
  const mode = await chooseMode(options, terminal)
  const name = options.name ?? network.name
  if (mode === 'kernel' && !options.check) await refuseSecond(name)
  clock.lap('probe')
  const progress = openProgress(terminal)
  progress('compile', 0, 1)
  const deployment = compileDeployment(network, policy)
  clock.lap('compile')
  const interrupted = interruption()
  const fabric = await bringUp(mode, { network, deployment, progress })
  Object.assign(clock.seconds, fabric.seconds)
  clock.skip()
  const end = async (): Promise<void> => {
    progress.end()
    await fabric.close()
  }
  let announced = false
  try {
    if (mode === 'kernel' && !options.check) {
      await announceLab(name, networkFile(file), network, fabric)
      announced = true
    }
    const { runAcceptance } = await import('../../lab/index.ts')
    const report = await Promise.race([
      runAcceptance({ fabric, network, policy, deployment, progress }),
      interrupted.then((): undefined => undefined),
    ])
    clock.lap('probes')
    if (!report) {
      await end()
      terminal.say('Interrupted: the network is down again')
      return 130
    }
    progress.end()
    terminal.print(acceptanceText(report, terminal))
    if (options.check || mode === 'portable')
      return await conclude(network, mode, report, clock, end, terminal)
    terminal.result(acceptanceJson(network, mode, report, clock.total()))
    terminal.say(invitation(network, name, terminal))
    await interrupted
    terminal.say('Taking the network down')
    await end()
    return report.ok ? exitCodes.ok : exitCodes.no
  } finally {
    await end()
    if (announced) (await import('../../lab/index.ts')).withdraw(name)
  }
}

async function conclude(
  network: Network,
  mode: Mode,
  report: AcceptanceReport,
  clock: Stopwatch,
  end: () => Promise<void>,
  terminal: Terminal,
): Promise<number> {
  await end()
  clock.lap('down')
  const seconds = clock.total()
  terminal.result(acceptanceJson(network, mode, report, seconds))
  terminal.say(
    `${mode === 'kernel' ? 'Kernel' : 'Portable'} mode, ${(seconds.total as number).toFixed(1)} s, and down again`,
  )
  return report.ok ? exitCodes.ok : exitCodes.no
}

async function bringUp(
  mode: Mode,
  options: FabricOptions & { readonly progress: Progress },
): Promise<Fabric> {
  const { bringUpKernel, bringUpPortable } = await import('../../lab/index.ts')
  return mode === 'kernel' ? bringUpKernel(options) : bringUpPortable(options)
}

/** The kernel where it has all that is needed and may be used; else this process, and why. */
async function chooseMode({ portable }: UpOptions, terminal: Terminal): Promise<Mode> {
  if (portable) return 'portable'
  const { probeKernel } = await import('../../kernel/index.ts')
  const { missing } = probeKernel()
  const [first] = missing
  if (!first) return 'kernel'
  terminal.say(`Portable mode: the kernel's data plane needs ${first.what}; ${first.remedy}`)
  return 'portable'
}

async function announceLab(name: string, file: string, network: Network, fabric: Fabric): Promise<void> {
  const { announce } = await import('../../lab/index.ts')
  const namespaces = 'namespaces' in fabric ? (fabric.namespaces as ReadonlyMap<string, number>) : new Map()
  announce({ name, file, network, namespaces })
}

async function refuseSecond(name: string): Promise<void> {
  const { findRunning } = await import('../../lab/index.ts')
  const running = findRunning(name)
  if (!running) return
  throw new CommandError(
    `Bringing up ${name} failed: it is up already, in process ${running.pid}; 'glacis down ${name}' ends it, --name gives this one another name`,
  )
}

/** Resolves at the first Ctrl-C, SIGTERM or SIGHUP; the second ends the process at once. */
function interruption(): Promise<void> {
  return new Promise((resolve) => {
    let interrupts = 0
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        if (++interrupts > 1) process.exit(130)
        resolve()
      })
  })
}

function invitation(network: Network, name: string, { err }: Terminal): string {
  const site = network.sites[0]
  const service = network.services.find(({ deployments }) => deployments.some(({ vips }) => vips.length > 0))
  const deployment = service?.deployments[0]
  const server = site?.dnsVips[0]
  const lines = [`${err.green('●')} ${err.bold(name)} is up. In another terminal:`]
  if (deployment && server) {
    const host = `${deployment.dnsName}.${network.zone}`
    const vip = deployment.vips[0]
    lines.push(`    glacis shell internet -- dig +short @${formatIp(server)} ${host}`)
    if (vip) lines.push(`    glacis shell internet -- curl -sk https://${formatIp(vip)}/`)
  }
  lines.push(
    `    glacis shell ${site ? `${site.name}/jump1` : 'internet'}`,
    `Ctrl-C, or 'glacis down ${name}', takes it down.`,
  )
  return lines.join('\n')
}

class Stopwatch {
  readonly seconds: Record<string, number> = {}
  readonly #start = performance.now()
  #last = this.#start

  lap(phase: string): void {
    const now = performance.now()
    this.seconds[phase] = (now - this.#last) / 1000
    this.#last = now
  }

  /** Leaves out what was measured elsewhere. */
  skip(): void {
    this.#last = performance.now()
  }

  total(): Readonly<Record<string, number>> {
    return { ...this.seconds, total: (performance.now() - this.#start) / 1000 }
  }
}
