/** `glacis check FILE --live`: what the running network does with packets, held against what the file says of them. */
import type { EventKind } from '../../dataplane/index.ts'
import type { WatchMessage } from '../../lab/index.ts'
import { type EventJson, type ModelAnswer, ModelCheck } from '../../observe/index.ts'
import { askNetwork, chooseNetwork } from '../ask-network.ts'
import { exitCodes } from '../exit-code.ts'
import { requireHits } from '../hits.ts'
import { derived, requireNetwork } from '../network-argument.ts'
import { disagreementText, liveText } from '../render/live-check-text.ts'
import { notInForce } from '../standing.ts'
import type { Terminal } from '../terminal.ts'
import { awaitInterruption } from '../up/interruption.ts'

export interface LiveOptions {
  readonly name?: string
  /** Ends after so many milliseconds. */
  readonly for: number
}

/** What was seen, and what of it the model says. */
export interface LiveReport {
  readonly network: string
  readonly seconds: number
  readonly events: number
  readonly agreed: number
  /** Decided by what came before; the model was not asked. */
  readonly byState: number
  /** Told by guest firewalls; nobody vouches for them. */
  readonly claimed: number
  /** Events that were not told: there were too many. */
  readonly untold: number
  readonly disagreements: readonly Disagreement[]
  readonly disagreed: number
}

export interface Disagreement {
  readonly event: EventJson
  readonly model: ModelAnswer
}

/** Shown at most. */
const most = 20

const kinds: readonly EventKind[] = ['drop', 'flow', 'audit', 'pass']

/** Ends after its time, at Ctrl-C, or when the network goes down; exit code 1 if anything disagrees. */
export async function checkLive(
  file: string | undefined,
  options: LiveOptions,
  terminal: Terminal,
): Promise<number> {
  const network = requireNetwork(file, terminal)
  const policy = derived(network, terminal)
  const lab = chooseNetwork(options.name ?? network.name, 'check what runs')
  const differs = notInForce(network, policy, await requireHits(lab.name, 'check what runs'))
  if (differs !== undefined) {
    terminal.result({ ok: false, standing: differs, report: null })
    terminal.say(`glacis: check ${network.file} --live: ${differs}`)
    return exitCodes.no
  }
  const model = new ModelCheck(network, policy)
  const ended = new AbortController()
  const interruption = awaitInterruption()
  interruption.happened.then(() => ended.abort())
  const started = performance.now()
  const counts = { events: 0, agreed: 0, byState: 0, claimed: 0, untold: 0, disagreed: 0 }
  const disagreements: Disagreement[] = []
  let timer: NodeJS.Timeout | undefined
  const take = (message: WatchMessage): void => {
    if ('started' in message) timer = setTimeout(() => ended.abort(), options.for)
    if ('untold' in message) counts.untold += message.untold.suppressed + message.untold.lost
    if (!('event' in message)) return
    counts.events++
    const held = model.hold(message.event)
    if (held.kind === 'agrees') counts.agreed++
    else if (held.kind === 'by state') counts.byState++
    else if (held.kind === 'claimed') counts.claimed++
    else {
      counts.disagreed++
      const disagreement = { event: message.event, model: held.model }
      if (disagreements.length < most) disagreements.push(disagreement)
      if (!terminal.json && disagreements.length === counts.disagreed)
        terminal.print(disagreementText(disagreement, terminal.out))
    }
  }
  terminal.say(terminal.err.dim(`Watching ${lab.name} for ${Math.round(options.for / 1000)} s …`))
  try {
    await askNetwork(lab, 'watch', {
      params: { kinds: [...kinds] },
      signal: ended.signal,
      onEvent: (message) => take(message as WatchMessage),
      onMissed: (count) => {
        counts.untold += count
      },
    })
  } finally {
    clearTimeout(timer)
    interruption.dispose()
  }
  const seconds = (performance.now() - started) / 1000
  const report: LiveReport = { network: lab.name, seconds, ...counts, disagreements }
  terminal.result({ ok: counts.disagreed === 0, standing: null, report })
  terminal.print(liveText(report, terminal.out))
  return counts.disagreed === 0 ? exitCodes.ok : exitCodes.no
}
