/**
 * Seeds fast-check in every test file. `GLACIS_SEED` repeats an earlier run, `GLACIS_RUNS` sets the number of runs of
 * those properties that do not set their own (default 100, fast-check's).
 */
import fc from 'fast-check'

const numberOf = (name: string): number | undefined => {
  const text = process.env[name]
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isSafeInteger(value))
    throw new RangeError(`read ${name}: '${text}' is not an integer. Unset it or give one`)
  return value
}

const seed = numberOf('GLACIS_SEED')
const numRuns = numberOf('GLACIS_RUNS')
fc.configureGlobal({ ...(seed === undefined ? {} : { seed }), ...(numRuns === undefined ? {} : { numRuns }) })
