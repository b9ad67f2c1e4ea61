/** Hits of a rule for people. */
import type { RuleHits } from '../../lab/index.ts'
import type { Colors } from '../terminal.ts'

/**
 * `12 packets, 720 bytes, last 3 s ago`; `never`.
 * @param isOther the running network has a rule of that name that says something else
 */
export function hitsText(
  hits: RuleHits | undefined,
  out: Colors,
  isOther: boolean = false,
  now: number = Date.now(),
): string {
  if (isOther) return out.yellow('not in force: the running network has another rule of this name')
  if (!hits) return out.yellow('not in the running network')
  if (hits.packets === 0) return out.dim('never')
  const last = hits.lastHit === null ? '' : `, last ${agoText(now - Date.parse(hits.lastHit))} ago`
  return `${counted(hits.packets, 'packet')}, ${counted(hits.bytes, 'byte')}${last}`
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** In the largest unit of which there is one. @param milliseconds a clock may be a little ahead */
export function agoText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const [unit, name] = (
    [
      [86_400, 'd'],
      [3600, 'h'],
      [60, 'min'],
      [1, 's'],
    ] as const
  ).find(([size]) => seconds >= size) ?? [1, 's']
  return `${Math.floor(seconds / unit)} ${name}`
}
