/** What `check` is asked to do: options of one way of checking mean nothing in the other, and are refused there. */
import { CommandError, exitCodes } from './exit-code.ts'

interface Given {
  readonly live: boolean
  readonly watch: boolean
  readonly proof: boolean
  readonly failures?: number
  readonly for?: number
  readonly name?: string
}

/** Throws `CommandError` for options that do not go together. */
export function requireOneMode({ live, watch, proof, failures, for: time, name }: Given): void {
  const onlyWithout = [failures !== undefined ? ['--failures'] : [], proof ? [] : ['--no-proof']].flat()
  const onlyWith = [time !== undefined ? ['--for'] : [], name !== undefined ? ['--name'] : []].flat()
  if (watch) return requireNoneBut('--watch', [...(live ? ['--live'] : []), ...onlyWithout, ...onlyWith])
  const [wrong] = live ? onlyWithout : onlyWith
  if (wrong === undefined) return
  const why = live
    ? `${wrong} does not go with --live, which looks at the running network alone; leave one of them out`
    : `${wrong} goes with --live alone; add --live, or leave it out`
  throw new CommandError(`read the arguments: ${why}; see 'glacis check --help'`, exitCodes.usage)
}

function requireNoneBut(mode: string, others: readonly string[]): void {
  if (others.length === 0) return
  throw new CommandError(
    `read the arguments: ${others[0]} does not go with ${mode}; leave one of them out; see 'glacis check --help'`,
    exitCodes.usage,
  )
}
