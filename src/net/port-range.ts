/** Inclusive ranges of transport ports, 0–65535. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

/** Throws `RangeError` unless 0 ≤ first ≤ last ≤ 65535. */
export function PortRange(first: number, last: number = first): PortRange {
  const ok = Number.isInteger(first) && Number.isInteger(last) && 0 <= first && first <= last && last <= 65535
  if (!ok) throw new RangeError(`build port range: ${first}-${last} is not within 0-65535`)
  return Object.freeze({ first, last })
}

export const portInRange = (range: PortRange, port: number): boolean =>
  range.first <= port && port <= range.last

/** `443` or `8000-8010`. */
export const formatPortRange = ({ first, last }: PortRange): string =>
  first === last ? String(first) : `${first}-${last}`

/** Parses `443` or `8000-8010`; `undefined` if the text is neither or is reversed. */
export function parsePortRange(text: string): PortRange | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text.trim())
  if (!match) return undefined
  const first = Number(match[1])
  const last = match[2] === undefined ? first : Number(match[2])
  return first <= last && last <= 65535 ? PortRange(first, last) : undefined
}
