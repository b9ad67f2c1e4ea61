/** Availability as people write it: `99.95%`; and lengths of time between failures and until repair: `30m`, `4h`, `90d`, `5y`. */

const percent = /^(\d{1,3}(?:\.\d{1,9})?) ?%$/
const span = /^(\d{1,7}(?:\.\d{1,3})?)(m|h|d|y)$/
/** A year of 365 days, as tables of availability have it. */
const hours: Readonly<Record<string, number>> = { m: 1 / 60, h: 1, d: 24, y: 8760 }

export const hoursOfYear = 8760

/** A share from 0 to 1, 0 excluded; `undefined` if the text says none. */
export function parseAvailability(text: string): number | undefined {
  // As many places as may be written: no more are made up by the division.
  const value = Number((Number(percent.exec(text)?.[1] ?? 0) / 100).toFixed(11))
  return value > 0 && value <= 1 ? value : undefined
}

/** Hours; `undefined` if the text is no length of time, or one of no length. */
export function parseSpan(text: string): number | undefined {
  const [, number, unit] = span.exec(text) ?? []
  const value = Number(number ?? 0) * (hours[unit ?? 'h'] as number)
  return value > 0 ? value : undefined
}

/** With as many nines as it takes to tell it from 100 %: `99.95%`, `99.999997%`. */
export function formatAvailability(value: number): string {
  if (value >= 1) return '100%'
  const places = Math.max(2, Math.ceil(-Math.log10(1 - value)))
  return `${Number((Math.floor(value * 10 ** (places + 2)) / 10 ** places).toFixed(places))}%`
}

/** Of a year: `4.38 h`, `2.1 min`, `0.3 s`. @param share from 0 to 1 */
export function formatDowntime(share: number): string {
  const time = share * hoursOfYear
  if (time >= 1) return `${time.toFixed(time < 10 ? 2 : 0)} h`
  if (time * 60 >= 1) return `${(time * 60).toFixed(1)} min`
  return `${(time * 3600).toFixed(time * 3600 < 0.1 ? 3 : 1)} s`
}
