/** Networks that run on this machine, for commands about them. */
import { findRunning, type RunningLab, runningLabs } from '../lab/index.ts'
import { CommandError, exitCodes } from './exit-code.ts'

/** The network of that name, or all that run. */
export function findNetworks(name: string | undefined): readonly RunningLab[] {
  if (name === undefined) return runningLabs()
  const lab = findRunning(name)
  return lab ? [lab] : []
}

/** Does something about a running network; what only root may do becomes a message that says so. */
export async function asRoot<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    throw new CommandError(`${what}: this is for root; use sudo`, exitCodes.unavailable)
  }
}
