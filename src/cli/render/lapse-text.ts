/** A time in which a node did not have its rules in force, as a line. */
import { describeLapse, type Lapse } from '../../lab/index.ts'
import type { Terminal } from '../terminal.ts'

export const lapseText = (lapse: Lapse, { err }: Terminal): string =>
  isOpenLapse(lapse) ? err.red(describeLapse(lapse)) : err.yellow(describeLapse(lapse))

/** Whether it is not all as it should be now. */
export const isOpenLapse = ({ restored, closed }: Lapse): boolean => restored === null || closed.length > 0

/** `restored at …`, for a table. */
export function lapseState({ since, restored, closed }: Lapse): string {
  if (restored === null) return `unprotected since ${since}`
  return closed.length > 0 ? `closed since ${restored}: ${closed.join(', ')}` : `restored at ${restored}`
}
