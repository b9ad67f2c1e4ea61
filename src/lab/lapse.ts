/** Times in which a node did not have in force what it should: somebody took a filter off from outside. */

export interface Lapse {
  readonly node: string
  /** What was not in force, for people: `filter 1 at ingress of eth0`. */
  readonly missing: readonly string[]
  /** ISO 8601: when it was noticed, and when all was in force again; null: it is not yet. */
  readonly since: string
  readonly restored: string | null
  /** Why it could not be put back, in the kernel's words. */
  readonly reason?: string
}

/** `lab/host1 is unprotected since 10:00:00: filter 1 at ingress of vm0 is missing` */
export function describeLapse({ node, missing, since, restored, reason }: Lapse): string {
  const what = missing.join(', ')
  if (restored !== null) return `${node}: restored at ${restored}: ${what}, missing since ${since}`
  const why = reason === undefined ? '' : `; it cannot be put back: ${reason}`
  return `${node}: unprotected since ${since}: ${what}${why}`
}
