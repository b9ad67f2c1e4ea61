/** "Did you mean": the nearest of some known words by edit distance. */

/** The candidate nearest to `word`, if near enough to be a slip of the keyboard; the first of equals. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3))
  let best: { readonly candidate: string; readonly distance: number } | undefined
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance <= limit && (!best || distance < best.distance)) best = { candidate, distance }
  }
  return best?.candidate
}

/** Known words that are listed in a hint. */
const most = 12

/** `did you mean 'x'?`, also where `x` is the end of a path, or else what is known: the first of it, and how much more there is. */
export function suggestion(word: string, candidates: Iterable<string>, what: string): string | undefined {
  const known = [...candidates]
  const ends = known.filter((candidate) => candidate.endsWith(`/${word}`))
  const near = ends.length === 1 ? ends[0] : nearest(word, known)
  if (near !== undefined) return `did you mean '${near}'?`
  if (known.length === 0) return undefined
  const more = known.length - most
  return `${what}: ${known.slice(0, most).join(', ')}${more > 0 ? `, … and ${more} more` : ''}`
}

/** Optimal string alignment: insert, delete, replace, or swap two neighbours, each at a cost of 1. */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    before = previous
    previous = row
  }
  return previous[b.length] ?? 0
}
