/** Repeated measurement. Machines are shared: what is compared is measured in turn, round by round, and medians are quoted. */

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly rounds: number
}

export function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  const median = sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2
  return { median, min: sorted[0] as number, max: sorted.at(-1) as number, rounds: sorted.length }
}

/** Measures each subject once per round, in turn, after a round that does not count. Names → spread of the results. */
export function inTurn<K extends string>(
  subjects: Readonly<Record<K, () => number>>,
  rounds: number,
): Readonly<Record<K, Spread>> {
  const names = Object.keys(subjects) as K[]
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<K, number[]>
  for (let round = 0; round <= rounds; round++)
    for (const name of names) {
      const value = subjects[name]()
      if (round > 0) samples[name].push(value)
    }
  return Object.fromEntries(names.map((name) => [name, spread(samples[name])])) as Record<K, Spread>
}
