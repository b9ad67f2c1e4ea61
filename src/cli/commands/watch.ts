/** `glacis watch [FILE]`: what the data plane of a network that is up does with packets, as it happens. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { defaultEventLimit, type EventKind } from '../../dataplane/index.ts'
import type { Lapse, Mute, WatchMessage, WatchParameters } from '../../lab/index.ts'
import { type EventJson, PcapRecorder } from '../../observe/index.ts'
import { askNetwork, chooseNetwork } from '../ask-network.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { requireNetwork } from '../network-argument.ts'
import { eventText } from '../render/event-text.ts'
import { lapseText } from '../render/lapse-text.ts'
import { muteText } from '../render/mute-text.ts'
import type { Terminal } from '../terminal.ts'
import { awaitInterruption } from '../up/interruption.ts'

export interface WatchOptions {
  readonly name?: string
  readonly node?: string
  readonly tenant?: string
  readonly verdict?: 'allow' | 'deny'
  readonly rule?: string
  readonly point?: string
  readonly source?: string
  readonly destination?: string
  /** Packets of known flows, and of points that keep none, too. */
  readonly all: boolean
  /** Events that a node tells in a second at most. */
  readonly limit?: number
  /** Ends after so many events. */
  readonly count?: number
  /** Ends after so many milliseconds. */
  readonly for?: number
  readonly pcap?: string
}

/** Ends by itself, at Ctrl-C, or when the network goes down. */
export async function watch(
  file: string | undefined,
  options: WatchOptions,
  terminal: Terminal,
): Promise<number> {
  const name = options.name ?? (file === undefined ? undefined : requireNetwork(file, terminal).name)
  const lab = chooseNetwork(name, 'watch')
  const capture = options.pcap === undefined ? undefined : new CaptureFile(options.pcap)
  const interruption = awaitInterruption()
  const ended = new AbortController()
  interruption.happened.then(() => ended.abort())
  const view = new View(options, terminal, ended, capture)
  try {
    await askNetwork(lab, 'watch', {
      params: parametersOf(options),
      signal: ended.signal,
      onEvent: (message) => view.take(message as WatchMessage),
      onMissed: (count) => view.missed(count),
    })
  } finally {
    view.close()
    interruption.dispose()
    capture?.close()
  }
  view.conclude()
  return exitCodes.ok
}

function parametersOf(options: WatchOptions): WatchParameters {
  const { node, tenant, verdict, rule, point, source, destination, limit, all } = options
  const kinds: EventKind[] = ['drop', 'flow', 'audit', ...(all ? (['pass'] as const) : [])]
  return { kinds, node, tenant, verdict, rule, point, source, destination, limit }
}

class View {
  readonly #options: WatchOptions
  readonly #terminal: Terminal
  readonly #ended: AbortController
  readonly #capture: CaptureFile | undefined
  #timer: NodeJS.Timeout | undefined
  #events = 0

  constructor(
    options: WatchOptions,
    terminal: Terminal,
    ended: AbortController,
    capture: CaptureFile | undefined,
  ) {
    this.#options = options
    this.#terminal = terminal
    this.#ended = ended
    this.#capture = capture
  }

  take(message: WatchMessage): void {
    if ('started' in message) this.#start(message.started.name)
    else if ('untold' in message) this.#untold(message.untold)
    else if ('lapse' in message) this.#lapse(message.lapse)
    else if ('mute' in message) this.#mute(message.mute)
    else this.#show(message.event)
  }

  missed(count: number): void {
    this.#remark(`${count} events are missing here: this terminal does not keep up`)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  conclude(): void {
    const { pcap } = this.#options
    const where = pcap === undefined ? '' : `, in ${pcap} too`
    this.#remark(`${this.#events} ${this.#events === 1 ? 'event' : 'events'}${where}`)
  }

  #start(name: string): void {
    const { for: duration, all } = this.#options
    this.#remark(
      `Watching ${name}: drops, new flows, audited rules${all ? ', everything else' : ''}. Ctrl-C ends it.`,
    )
    if (duration !== undefined) this.#timer = setTimeout(() => this.#ended.abort(), duration)
  }

  #show(event: EventJson): void {
    const { count } = this.#options
    if (count !== undefined && this.#events >= count) return
    this.#events++
    this.#capture?.add(event)
    if (this.#terminal.json) this.#terminal.record(lineOf(event))
    else this.#terminal.print(eventText(event, this.#terminal.out))
    if (this.#events === count) this.#ended.abort()
  }

  /** Whatever is asked for: what a node did not judge is in no event. */
  #lapse(lapse: Lapse): void {
    if (this.#terminal.json) this.#terminal.record({ lapse })
    else this.#terminal.say(lapseText(lapse, this.#terminal))
  }

  #mute(mute: Mute): void {
    if (this.#terminal.json) this.#terminal.record({ mute })
    else this.#terminal.say(muteText(mute, this.#terminal))
  }

  #untold({ node, suppressed, lost }: { node: string; suppressed: number; lost: number }): void {
    const { limit = defaultEventLimit } = this.#options
    if (suppressed > 0)
      this.#remark(
        `${suppressed} events of ${node} are missing here: above ${limit} a second at an interface; see --limit`,
      )
    if (lost > 0)
      this.#remark(`${lost} events of ${node} are missing here: they came faster than they were read`)
  }

  #remark(text: string): void {
    this.#terminal.say(this.#terminal.err.dim(text))
  }
}

/** Bytes of packets are for captures. */
const lineOf = ({ frame: _, ...event }: EventJson): Omit<EventJson, 'frame'> => event

/** A pcapng file that can be read while it grows. */
class CaptureFile {
  readonly #recorder = new PcapRecorder()
  readonly #path: string
  readonly #fd: number

  constructor(path: string) {
    this.#path = path
    this.#fd = this.#try(() => openSync(path, 'w', 0o600))
    this.#write(this.#recorder.header())
  }

  add(event: EventJson): void {
    for (const block of this.#recorder.blocks(event)) this.#write(block)
  }

  close(): void {
    closeSync(this.#fd)
  }

  #write(bytes: Uint8Array): void {
    this.#try(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at)
    })
  }

  #try<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      throw new CommandError(
        `write ${this.#path}: ${code ?? message}; choose a file that can be written with --pcap`,
      )
    }
  }
}
