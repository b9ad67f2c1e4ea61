/** `apply`: puts the rules of a network file in force where the network is up. */
import { isAbsolute } from 'node:path'
import * as v from 'valibot'
import { formatDiagnostics } from '../../../file/index.ts'
import { loadNetwork } from '../../../model/index.ts'
import { type Applied, applyNetwork, PlanMismatchError } from '../../apply.ts'
import type { RunningNetwork } from '../../running-network.ts'
import { ControlError } from '../protocol.ts'
import type { ControlRegistry } from '../registry.ts'

export interface ApplyResult extends Applied {
  readonly name: string
  readonly file: string
  readonly mode: 'kernel' | 'portable'
}

const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'give a SHA-256 in hexadecimal'))
const FingerprintForm = v.strictObject({ topology: hash, rules: hash })

const Parameters = v.strictObject({
  /** The network reads it itself, with its own rights. */
  file: v.pipe(v.string(), v.maxLength(4096), v.check(isAbsolute, 'give an absolute path')),
  /** Absent: from whatever runs to whatever the file says. */
  plan: v.optional(v.strictObject({ old: FingerprintForm, next: FingerprintForm })),
})

export function addApply(registry: ControlRegistry, running: RunningNetwork): void {
  registry.add('apply', Parameters, async ({ file, plan }): Promise<ApplyResult> => {
    const { network, diagnostics } = loadNetwork(file)
    if (!network)
      throw new ControlError(
        'GL7007',
        `apply ${file}: correct its mistakes:\n${formatDiagnostics(diagnostics)}`,
      )
    const { name, fabric } = running
    try {
      return { name, file, mode: fabric.mode, ...(await applyNetwork(running, network, plan)) }
    } catch (error) {
      if (error instanceof PlanMismatchError) throw new ControlError('GL7021', error.message)
      if (error instanceof TypeError) throw new ControlError('GL7007', error.message)
      throw error
    }
  })
}
