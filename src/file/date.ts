/** Days as people write them: `2027-03-01` (RFC 3339 section 5.6, full-date), in UTC. */

/** Milliseconds since 1970 at which the day begins; `undefined` if there is no such day. */
export function parseDate(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined
  const time = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(time) || formatDate(time) !== text ? undefined : time
}

/** The day that a time is of. */
export const formatDate = (time: number): string => new Date(time).toISOString().slice(0, 10)
