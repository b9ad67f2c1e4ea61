/** Events as a packet capture: an interface for each place where one was judged, and with each packet what became of it. */
import { snapLength } from '../dataplane/index.ts'
import { enhancedPacket, interfaceDescription, sectionHeader } from '../wire/index.ts'
import { type EventJson, parseIsoTime } from './event-json.ts'

export class PcapRecorder {
  readonly #interfaces = new Map<string, number>()

  /** What the file starts with. */
  header(): Uint8Array {
    return sectionHeader('glacis watch')
  }

  /** What is to be appended for an event. */
  blocks(event: EventJson): readonly Uint8Array[] {
    const name = `${event.node} ${event.interface}`
    const known = this.#interfaces.get(name)
    const number = known ?? this.#interfaces.size
    this.#interfaces.set(name, number)
    const packet = enhancedPacket({
      interface: number,
      time: parseIsoTime(event.time),
      frame: Uint8Array.from(Buffer.from(event.frame, 'base64')),
      length: event.length,
      direction: event.direction,
      comment: comment(event),
    })
    return known === undefined ? [interfaceDescription({ name, snapLength }), packet] : [packet]
  }
}

/** `deny hypervisor default/deny network.yaml:12:7; default at west/host1/vm/shop-web-0/in: …` */
function comment({ verdict, event, pointKind, rule, origin, tier, point, why }: EventJson): string {
  const mode = event === 'audit' ? ' (audit)' : event === 'flow' ? ' (new flow)' : ''
  return `${verdict}${mode} ${pointKind} ${rule} ${origin}; ${tier} at ${point}: ${why}`
}
