/** The helpers that the interpreter has, by name. `tail_call` is the machine's own. */
import type { HelperName } from '../../helpers.ts'
import type { Machine } from '../machine.ts'
import { CHECKSUM_HELPERS } from './checksum.ts'
import { MAP_HELPERS } from './maps.ts'
import { QUEUE_HELPERS } from './queues.ts'
import { REDIRECT_HELPERS } from './redirect.ts'
import { SKB_HELPERS } from './skb.ts'
import { SYSTEM_HELPERS } from './system.ts'
import { XDP_HELPERS } from './xdp.ts'

/** Reads its arguments from r1–r5 and sets r0. */
export type HelperFunction = (machine: Machine) => void
export type HelperTable = Readonly<Partial<Record<HelperName, HelperFunction>>>

export const HELPER_FUNCTIONS: HelperTable = Object.freeze({
  ...MAP_HELPERS,
  ...QUEUE_HELPERS,
  ...SYSTEM_HELPERS,
  ...XDP_HELPERS,
  ...SKB_HELPERS,
  ...CHECKSUM_HELPERS,
  ...REDIRECT_HELPERS,
})
