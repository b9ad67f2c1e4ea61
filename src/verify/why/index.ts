/** Why somebody can, or cannot, reach somebody. */
export type { Edit, EditKind } from './edit.ts'
export { type Example as WhyExample, rewritten } from './example.ts'
export {
  type Amount,
  type ChangeSet,
  type Stopping,
  type WayAnswer,
  type Why,
  type WhyPhase,
  whyOf,
} from './why.ts'
