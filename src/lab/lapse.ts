/** Times in which a node did not have in force what it should: somebody took a filter off from outside. */

export interface Lapse {
  readonly node: string
  /** What was not in force at some time of it, for people: `filter 1 at ingress of eth0`. */
  readonly missing: readonly string[]
  /** ISO 8601: when it was noticed, and when all was in force again; null: it is not yet. */
  readonly since: string
  readonly restored: string | null
  /** Interfaces that let nothing pass until rules are applied again, since what judges there was taken off again and again. */
  readonly closed: readonly string[]
  /** Why it could not be put back, in the kernel's words. */
  readonly reason?: string
}

/** Of what is missing, in a line. */
const shown = 4

/** `lab/host1: unprotected since 2026-03-01T10:00:00.103Z: filter 1 at ingress of vm0` */
export function describeLapse({ node, missing, since, restored, closed, reason }: Lapse): string {
  const more = missing.length > shown ? ` and ${missing.length - shown} more` : ''
  const what = `${missing.slice(0, shown).join(', ')}${more}`
  if (restored !== null && closed.length > 0)
    return `${node}: closed since ${restored}: ${closed.join(', ')}: what judges there was taken off again and again (${what}); ${remedyFor(closed)}`
  if (restored !== null) return `${node}: restored at ${restored}: ${what}, missing since ${since}`
  const why = reason === undefined ? '' : `; it cannot be put back: ${reason}`
  return `${node}: unprotected since ${since}: ${what}${why}`
}

const remedyFor = (closed: readonly string[]): string =>
  closed.some((name) => name.endsWith('(set down)'))
    ? 'end what does that, then bring the network down and up again'
    : 'end what does that, then open it with glacis apply'
