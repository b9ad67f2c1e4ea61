/** Asking a network that is up: which one, and what it says, in the words of the command line. */
import { type AskOptions, ask, ControlError, controlOf, type RunningLab } from '../lab/index.ts'
import { CommandError, exitCodes } from './exit-code.ts'
import { asRoot, asRootNow, findNetworks } from './running.ts'

/**
 * The network of that name, or the only one that is up.
 * @param what the user wants of it, for messages: `watch`
 */
export function chooseNetwork(name: string | undefined, what: string): RunningLab {
  const labs = asRootNow(what, () => findNetworks(name))
  const [lab] = labs
  if (lab && labs.length === 1) return lab
  if (lab) {
    const names = labs.map((other) => other.name).join(' or ')
    throw new CommandError(`${what}: ${labs.length} networks are up; choose with --name ${names}`)
  }
  const others = name === undefined ? [] : asRootNow(what, () => findNetworks(undefined))
  const missing = name === undefined ? 'no network is up' : `no network called ${name} is up`
  if (others.length > 0)
    throw new CommandError(
      `${what}: ${missing}; choose another with --name ${others.map((other) => other.name).join(' or ')}`,
      exitCodes.unavailable,
    )
  throw new CommandError(`${what}: ${missing}; bring one up with 'glacis up'`, exitCodes.unavailable)
}

/** Asks, and tells what goes wrong as a mistake of the user or of the machine. */
export async function askNetwork(
  lab: RunningLab,
  method: string,
  options: AskOptions = {},
): Promise<unknown> {
  return asRoot(`ask ${lab.name}`, async () => {
    try {
      return await ask(controlOf(lab), method, options)
    } catch (error) {
      if (!(error instanceof ControlError)) throw error
      const exitCode = mistakes.has(error.code) ? exitCodes.usage : exitCodes.unavailable
      throw new CommandError(`${error.message} (${error.code})`, exitCode)
    }
  })
}

/** What the user can mend in what he asked. */
const mistakes: ReadonlySet<string> = new Set(['GL7004', 'GL7007', 'GL7010', 'GL7011', 'GL7012', 'GL7021'])
