/** Nodes that cannot be heard, for people. */
import { describeMute, type Mute } from '../../lab/index.ts'
import type { Terminal } from '../terminal.ts'

export const muteText = (mute: Mute, { err }: Terminal): string => err.yellow(describeMute(mute))
