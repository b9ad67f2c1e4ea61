/** Regions in which two lists differ, as far as somebody wants to read them. */
import type { Sequence } from './sequence.ts'

export interface Part {
  /** What the lists are there. */
  readonly sequence: Sequence
  /** A row that holds all that differs here. */
  readonly region: Uint32Array
  /** So many packets of it are treated differently: some or all. */
  readonly packets: bigint
  /** Together what differs in the region, and nothing of it twice; none: it is not divided further. */
  readonly parts: readonly Part[]
}

/** The parts divided, those with the most packets first, into at most so many; all are together what differs. */
export function divided(parts: readonly Part[], most: number): readonly Part[] {
  const result = [...parts]
  for (;;) {
    let largest: number | undefined
    result.forEach(({ packets, parts }, at) => {
      if (parts.length > 0 && (largest === undefined || packets > (result[largest] as Part).packets))
        largest = at
    })
    if (largest === undefined) break
    const { parts } = result[largest] as Part
    if (result.length + parts.length - 1 > most) break
    result.splice(largest, 1, ...parts)
  }
  return result.sort((a, b) => (a.packets < b.packets ? 1 : a.packets > b.packets ? -1 : 0))
}
