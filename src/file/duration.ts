/** Lengths of time as people write them: `30m`, `8h`, `1h30m`, `90s`. */

const pattern = /^(?=\d)(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?$/

/** Seconds; `undefined` if the text is no duration, or one of no length. */
export function parseDuration(text: string): number | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
  ]
  const total = 3600 * hours + 60 * minutes + seconds
  return total > 0 ? total : undefined
}

/** As {@link parseDuration} reads it: `1h30m`; `0s` for nothing left. @param seconds fractions are left out */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const parts = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const
  return parts.map(([count, unit]) => (count > 0 ? `${count}${unit}` : '')).join('') || '0s'
}
