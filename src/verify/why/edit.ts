/** Changes that a person could make to turn an answer, each one thing that is written in one place. */
import type { SourceRange } from '../../file/index.ts'
import type { Network } from '../../model/index.ts'
import type { Point } from '../../policy/index.ts'

/**
 * Whose it is to change.
 *
 * - `own`: a line of the network file, or of a file that it names.
 * - `grant`: nothing in a file; access is granted for a time.
 * - `override`: rules that come with Glacis, in the place of which a template of the network file can name a file of its own.
 * - `fixed`: a rule of Glacis itself, which no file can change.
 */
export type EditKind = 'own' | 'grant' | 'override' | 'fixed'

export interface Edit {
  /** Edits of one key are the same change. */
  readonly key: string
  readonly kind: EditKind
  /** What to do, as a person would be told: `open tcp 9000 as a public endpoint of role worker of shop`. */
  readonly text: string
  /** The line that is to be changed, or that lacks something. */
  readonly at?: SourceRange
  /** The network with the change made, where it is one of the model. Rules are derived anew. */
  network?(network: Network): Network
  /** A point with the change made, where it is one of rules; the same point, if it has no part in it. */
  point?(point: Point): Point
}
