/** Events that programs tell: a node's ring buffer, and the words beside it that say what is to be told and what was not. */
import { eventMaps, type NodeDeployment, readUntold, type Untold, watchValue } from '../../dataplane/index.ts'
import { type KernelMap, openRing } from '../../kernel/index.ts'
import type { EventTap } from './event-taps.ts'

/** Programs and their maps. Those for events are the same through all revisions of a node's rules. */
interface Teller {
  readonly deployment: NodeDeployment
  /** `undefined`: it has none. */
  map(name: string): KernelMap | undefined
}

const theOnly = new Uint8Array(4)

/** What the programs tell from now on; see `event-map.ts`. */
export function setWatch(teller: Teller, mode: number, limit: number): void {
  teller.map(eventMaps.watch.name)?.update(theOnly, watchValue(mode, limit))
}

/** What an earlier listener left is not for this one. `undefined`: there is no ring. */
export function openRingTap(teller: Teller): EventTap | undefined {
  const map = teller.map(eventMaps.ring.name)
  if (!map) return undefined
  const ring = openRing(map)
  ring.read(() => {})
  return {
    fd: ring.fd,
    read: (handle, most) => {
      ring.read((record) => handle(teller.deployment, record), most)
      // Programs themselves keep to the limit.
      return 0
    },
    close: () => ring.close(),
  }
}

const nothing: Untold = Object.freeze({ suppressed: 0n, lost: 0n })

export function untoldBy(teller: Teller): Untold {
  const tally = teller.map(eventMaps.tally.name)
  return tally ? readUntold(tally) : nothing
}
