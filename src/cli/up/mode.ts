/** Whether a network runs in the kernel or in this process. */
import type { Mode } from '../../lab/index.ts'
import type { Terminal } from '../terminal.ts'

/** The kernel where it has all that is needed and may be used; else this process, and why. */
export async function chooseMode(portable: boolean, terminal: Terminal): Promise<Mode> {
  if (portable) return 'portable'
  const { probeKernel } = await import('../../kernel/index.ts')
  const { missing } = probeKernel()
  if (missing.length === 0) return 'kernel'
  for (const { what, remedy } of missing)
    terminal.say(
      `${terminal.err.yellow('Portable mode')}: to run in the kernel, ${what} is missing. ${mending(remedy)}`,
    )
  return 'portable'
}

/** The advice to add --portable is for those who get no portable mode by themselves. */
const mending = (remedy: string): string => `To mend it: ${remedy.replace(/,? or add --portable.*$/, '')}`
