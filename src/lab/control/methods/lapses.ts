/** `lapses`: which nodes did not have their rules in force, and since when they have again. */
import * as v from 'valibot'
import type { Lapse } from '../../lapse.ts'
import type { RunningNetwork } from '../../running-network.ts'
import type { ControlRegistry } from '../registry.ts'

export interface LapsesResult {
  readonly name: string
  readonly mode: 'kernel' | 'portable'
  /** The last of each node that had one. */
  readonly lapses: readonly Lapse[]
}

const Parameters = v.strictObject({})

export function addLapses(registry: ControlRegistry, { name, fabric }: RunningNetwork): void {
  registry.add('lapses', Parameters, (): LapsesResult => ({ name, mode: fabric.mode, lapses: fabric.lapses }))
}
