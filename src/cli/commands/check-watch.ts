/** `glacis check --watch`: proves a network again whenever one of its files changes, until it is interrupted. */
import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { nameInvariants, zoneOf } from '../../dns/index.ts'
import { formatDiagnostics } from '../../file/index.ts'
import { type LoadResult, loadNetwork, type Network } from '../../model/index.ts'
import { StandingProof, type Verdict } from '../../verify/index.ts'
import { exitCodes } from '../exit-code.ts'
import { outcomeOf } from '../mistakes.ts'
import { diagnosticJson, loadFile, networkFile } from '../network-argument.ts'
import { openProgress, type Progress } from '../render/progress.ts'
import { proofJson, proofText } from '../render/proof-text.ts'
import { isAbandoned } from '../room.ts'
import { refuseStandardInput } from '../standard-input.ts'
import type { Terminal } from '../terminal.ts'
import { awaitInterruption } from '../up/interruption.ts'

/** Milliseconds between looks at the files. */
const pause = 200

/** Ends with what was last found. */
export async function checkWatch(given: string | undefined, terminal: Terminal): Promise<number> {
  const file = networkFile(given, terminal)
  refuseStandardInput(file, 'check --watch')
  const interruption = awaitInterruption()
  try {
    const watch = new FileProof(file, terminal)
    let code = watch.look()
    terminal.say(terminal.err.dim(`Watching ${file} and the files that it names. Ctrl-C ends it.`))
    for (;;) {
      watch.rehearse()
      const next = await Promise.race([interruption.happened, sleep(pause, 'looked' as const)])
      if (next === 'interrupted' || isAbandoned()) return code
      if (watch.isOutdated()) code = watch.look()
    }
  } finally {
    interruption.dispose()
  }
}

class FileProof {
  readonly #file: string
  readonly #terminal: Terminal
  readonly #progress: Progress
  /** When the proof that is under way was begun, by `performance.now`. */
  #started = 0
  #standing: StandingProof | undefined
  #isRehearsed = false
  /** The network as it was loaded last. */
  #known: Network | undefined
  /** What the files were when they were read. */
  #read: ReadonlyMap<string, string> = new Map()

  constructor(file: string, terminal: Terminal) {
    this.#file = file
    this.#terminal = terminal
    this.#progress = openProgress(terminal)
  }

  isOutdated(): boolean {
    return [...this.#read].some(([path, state]) => stateOf(path) !== state)
  }

  /** While nothing is to be done, once for each network that was proven whole. */
  rehearse(): void {
    if (this.#isRehearsed) return
    this.#isRehearsed = true
    this.#standing?.rehearse()
  }

  /** @returns an exit code */
  look(): number {
    // States are taken before: a file that is written meanwhile is read again.
    const before = new Map(Array.from(this.#read.keys(), (path) => [path, stateOf(path)]))
    const begun = Date.now()
    const loaded = this.#known
      ? loadNetwork(this.#file, { known: this.#known })
      : loadFile(this.#file, this.#terminal)
    this.#known = loaded.network ?? this.#known
    this.#read = new Map(loaded.files.map((path) => [path, before.get(path) ?? stateOf(path, begun)]))
    return loaded.network ? this.#prove(loaded.network, loaded) : this.#refuse(loaded)
  }

  #prove(network: Network, { diagnostics }: LoadResult): number {
    const terminal = this.#terminal
    this.#started = performance.now()
    const { verdicts, isWhole } = this.#verdicts(network)
    const seconds = (performance.now() - this.#started) / 1000
    this.#progress.end()
    const holds = verdicts.every((verdict) => verdict.holds)
    terminal.record({
      ok: holds,
      whole: isWhole,
      proof: proofJson(verdicts, seconds),
      diagnostics: diagnostics.map(diagnosticJson),
    })
    const text = [
      ...(diagnostics.length > 0
        ? [`${formatDiagnostics(diagnostics, { color: terminal.out.isColorSupported })}\n`]
        : []),
      proofText(verdicts, seconds, terminal.out),
    ].join('\n')
    if (!terminal.json) terminal.print(`${terminal.out.dim(timeOfDay())} ${text}`)
    return holds ? exitCodes.ok : exitCodes.no
  }

  #refuse({ diagnostics }: LoadResult): number {
    const terminal = this.#terminal
    terminal.record({ ok: false, proof: null, diagnostics: diagnostics.map(diagnosticJson) })
    if (!terminal.json) {
      const outcome = outcomeOf(diagnostics, [this.#file], 'it describes no network')
      terminal.print(formatDiagnostics(diagnostics, { color: terminal.out.isColorSupported }))
      terminal.print(`${terminal.out.dim(timeOfDay())} ${terminal.out.red('✗')} ${outcome}`)
    }
    return exitCodes.usage
  }

  #verdicts(network: Network): { verdicts: readonly Verdict[]; isWhole: boolean } {
    const more = nameInvariants(zoneOf(network))
    const update = this.#standing?.update(network, { more })
    if (update?.verdicts.every(({ holds }) => holds)) return update
    // What is broken is shown with lines of the files as they are now, so all is looked at.
    this.#standing = new StandingProof(network, {
      more,
      progress: (done, total) => {
        // What takes less than a second is over before anybody could read it.
        if (performance.now() - this.#started > 1000) this.#progress('proof', done, total)
      },
    })
    this.#isRehearsed = false
    return { verdicts: this.#standing.verdicts, isWhole: true }
  }
}

/**
 * What a file is; what cannot be looked at has a state too, since reading it says why.
 * @param until the time, in milliseconds, at which it was that: if it was written later, that is not known
 */
function stateOf(path: string, until = Number.POSITIVE_INFINITY): string {
  try {
    const { ino, size, mtimeMs } = statSync(path)
    return mtimeMs < until ? `${ino} ${size} ${mtimeMs}` : 'unknown'
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

const timeOfDay = (): string => new Date().toTimeString().slice(0, 8)
