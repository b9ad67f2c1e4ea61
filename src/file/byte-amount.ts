/** Amounts of bytes as people write them: `1500B`, `64kB`, `25MB`, `1GB`; in powers of ten, as line rates are. */

const pattern = /^([1-9]\d{0,11})(|k|M|G)B$/
const factors: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 }
/** 8 Tbit/s for a second. */
const most = 1e12

/** Bytes; `undefined` if the text is no amount, or a larger one than any line carries. */
export function parseBytes(text: string): number | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const bytes = Number(match[1]) * (factors[match[2] as string] as number)
  return bytes <= most ? bytes : undefined
}

/** As {@link parseBytes} reads it, in the largest unit that gives a whole number. */
export function formatBytes(bytes: number): string {
  const unit = (['G', 'M', 'k'] as const).find((unit) => bytes % (factors[unit] as number) === 0) ?? ''
  return `${bytes / (factors[unit] as number)}${unit}B`
}
