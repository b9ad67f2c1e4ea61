/** A time in which a node did not have its rules in force, as a line. */
import { describeLapse, type Lapse } from '../../lab/index.ts'
import type { Terminal } from '../terminal.ts'

export const lapseText = (lapse: Lapse, { err }: Terminal): string =>
  lapse.restored === null ? err.red(describeLapse(lapse)) : err.yellow(describeLapse(lapse))

/** `restored at …`, for a table. */
export const lapseState = ({ since, restored }: Lapse): string =>
  restored === null ? `unprotected since ${since}` : `restored at ${restored}`
