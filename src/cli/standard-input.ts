/** A network file that is no file. */
import { CommandError } from './exit-code.ts'

/** The name of standard input. What such a network file names is looked for here. */
export const standardInput = '-'

/**
 * Of a verb that comes back to the file later, or whose network others ask about by its file.
 * @param verb what was asked for: `check --watch`
 */
export function refuseStandardInput(file: string | undefined, verb: string): void {
  if (file === standardInput)
    throw new CommandError(`${verb} -: the file is asked for again later; save it, and give its name`)
}
