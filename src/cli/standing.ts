/** Whether the network file that a command has read is what runs: answers about a running network are about that. */
import { type Fingerprint, fingerprintOf, sameFingerprint } from '../lab/index.ts'
import type { Network } from '../model/index.ts'
import type { Policy } from '../policy/index.ts'

/** What a running network says of the rules that it has in force. */
export interface InForceAnswer {
  /** Name of the running network. */
  readonly name: string
  /** How often its rules were replaced since it came up. */
  readonly revision: number
  readonly fingerprint: Fingerprint
}

/** Why a file is not what runs, as a sentence with its remedy; `undefined`: it is. */
export function notInForce(
  network: Network,
  policy: Policy,
  { name, revision, fingerprint }: InForceAnswer,
): string | undefined {
  const own = fingerprintOf(network, policy)
  if (sameFingerprint(own, fingerprint)) return undefined
  const { file } = network
  const what = `${file} is not what runs in ${name} (revision ${revision})`
  return own.topology === fingerprint.topology
    ? `${what}: 'glacis apply ${file}${name === network.name ? '' : ` --name ${name}`}' puts it in force`
    : `${what}: it has other machines, addresses or cables; take ${name} down and bring the file up`
}
