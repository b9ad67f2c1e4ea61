/** `in-force`: the network that runs, by the rules in force just now. */
import * as v from 'valibot'
import { type Fingerprint, fingerprintOf } from '../../fingerprint.ts'
import { networkJson } from '../../network-json.ts'
import type { RunningNetwork } from '../../running-network.ts'
import type { ControlRegistry } from '../registry.ts'

export interface InForceResult {
  readonly name: string
  /** Its file, which may say something else by now. */
  readonly file: string
  readonly mode: 'kernel' | 'portable'
  /** How often the rules were replaced since the network came up. */
  readonly revision: number
  readonly fingerprint: Fingerprint
  /** See `networkFromJson`. */
  readonly network: unknown
}

export function addInForce(registry: ControlRegistry, running: RunningNetwork): void {
  registry.add('in-force', v.strictObject({}), (): InForceResult => {
    const { name, fabric, inForce } = running
    const { network, policy, revision } = inForce
    return {
      name,
      file: network.file,
      mode: fabric.mode,
      revision,
      fingerprint: fingerprintOf(network, policy),
      network: networkJson(network),
    }
  })
}
