/** What the file promises to be open. */

import type { ArrivalInvariant } from '../invariant.ts'
import { clientsOpen } from './clients-open.ts'
import { endpointOpen } from './endpoint-open.ts'
import { vmOpenInvariants } from './vm-open.ts'

export { clientOpenings } from './clients-open.ts'
export { type Opening, sentBy } from './opening.ts'
export { roleOpenings } from './vm-open.ts'

export const openInvariants: readonly ArrivalInvariant[] = [endpointOpen, ...vmOpenInvariants, clientsOpen]
