/** Rates as people write them: `10 Gbit/s`, `2.5Gbps`, `3 Mpps`, or bits and packets at once: `10 Gbit/s, 3 Mpps`. */

export interface Rate {
  /** A second. At least one of the two. */
  readonly bits?: number
  readonly packets?: number
}

const pattern = /^(\d{1,6}(?:\.\d{1,3})?) ?(|k|M|G|T)(bit\/s|bps|packets\/s|pps)$/
const factors: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 }
/** A petabit a second: more than any machine carries. */
const most = 1e15

/** `undefined` if the text is no rate, names a unit twice, or says more than any machine carries. */
export function parseRate(text: string): Rate | undefined {
  let rate: Rate = {}
  for (const part of text.split(/, ?/)) {
    const match = pattern.exec(part)
    if (!match) return undefined
    const key = match[3] === 'bit/s' || match[3] === 'bps' ? 'bits' : 'packets'
    const value = Number(match[1]) * (factors[match[2] as string] as number)
    if (rate[key] !== undefined || value > most) return undefined
    rate = { ...rate, [key]: value }
  }
  return rate
}

/** To three digits, or as many as are asked for: `9.87 Gbit/s`, `120 kpps`. */
export function formatRate(value: number, unit: 'bits' | 'packets', places = 3): string {
  const [name = '', factor = 1] =
    Object.entries(factors)
      .reverse()
      .find(([, each]) => value >= each) ?? []
  const digits = Number((value / factor).toPrecision(places))
  return `${digits} ${name}${unit === 'bits' ? 'bit/s' : 'pps'}`
}
