/** Networks that run on this machine, for commands about them. */
import { controlOf, findRunning, type RunningLab, runningLabs } from '../lab/index.ts'
import { CommandError, exitCodes } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

/** The network of that name, or all that run. */
export function findNetworks(name: string | undefined): readonly RunningLab[] {
  if (name === undefined) return runningLabs()
  const lab = findRunning(name)
  return lab ? [lab] : []
}

/** What only root may do was tried by somebody else. */
export class RootNeededError extends CommandError {}

/** Does something about a running network; what only root may do becomes a message that says so. */
export async function asRoot<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw rootNeeded(what, error)
  }
}

/** As {@link asRoot}, at once. */
export function asRootNow<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw rootNeeded(what, error)
  }
}

/**
 * Asks the network of that name if it is up; `undefined` if none is, or it cannot tell. Where this user may not ask, that is said.
 * @param what is asked for, for people: `hits`
 */
export async function askIfUp<T>(
  name: string,
  what: string,
  { terminal, work }: { readonly terminal: Terminal; readonly work: (lab: RunningLab) => Promise<T> },
): Promise<T | undefined> {
  try {
    return await asRoot(what, () => {
      const lab = findRunning(name)
      if (!lab) return undefined
      controlOf(lab)
      return work(lab)
    })
  } catch (error) {
    if (error instanceof RootNeededError)
      terminal.say(
        terminal.err.dim(
          `no ${what}: there is a network called ${name} that this user may not ask, up or left over; use sudo`,
        ),
      )
    return undefined
  }
}

function rootNeeded(what: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'EACCES' && code !== 'EPERM') return error
  return new RootNeededError(`${what}: this is for root; use sudo`, exitCodes.unavailable)
}
