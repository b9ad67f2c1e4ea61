/** What the scripts share: where the checkout is, how they speak, how they fail. No packages, nothing slow to load. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const inRoot = (...path) => join(root, ...path)

/** A line for people: on stderr, because stdout belongs to the commands' results. */
export const say = (text) => process.stderr.write(`glacis: ${text}\n`)

export const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`

/** The result, or `undefined` if the action throws. */
export function attempt(action) {
  try {
    return action()
  } catch {
    return undefined
  }
}

/** Something outside the code is missing or failed; the message says what, and how to mend it. */
export class PrepareError extends Error {}

/** Exit code for that: `EX_UNAVAILABLE` of sysexits(3). */
export const unavailable = 69

/** Runs a script's main function, which returns its exit code. A {@link PrepareError} becomes one line. */
export async function runScript(main) {
  try {
    process.exitCode = (await main()) ?? 0
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error
    say(error.message)
    process.exitCode = unavailable
  }
}
