/** Whether a network runs in the kernel or in this process. */
import type { Mode } from '../../lab/index.ts'
import type { Network } from '../../model/index.ts'
import type { Terminal } from '../terminal.ts'

/** The kernel where it has all that is needed and may be used; else this process, and why. */
export async function chooseMode(portable: boolean, network: Network, terminal: Terminal): Promise<Mode> {
  if (portable) return 'portable'
  const { probeKernel } = await import('../../kernel/index.ts')
  const { missing: ofKernel } = probeKernel()
  const missing = [...ofKernel, ...(await missingForGuests(network))]
  if (missing.length === 0) return 'kernel'
  for (const { what, remedy } of missing)
    terminal.say(
      `${terminal.err.yellow('Portable mode')}: to run in the kernel, ${what} is missing. ${mending(remedy)}`,
    )
  return 'portable'
}

/** Guest firewalls are nftables' in the kernel. */
async function missingForGuests({ sites }: Network): Promise<readonly Missing[]> {
  if (sites.every(({ filters }) => Object.keys(filters.guests).length === 0)) return []
  const { hasNft } = await import('../../lab/index.ts')
  if (hasNft()) return []
  return [{ what: 'nft, which applies guest firewalls,', remedy: 'install nftables' }]
}

interface Missing {
  readonly what: string
  readonly remedy: string
}

/** The advice to add --portable is for those who get no portable mode by themselves. */
const mending = (remedy: string): string => `To mend it: ${remedy.replace(/,? or add --portable.*$/, '')}`
