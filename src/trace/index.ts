/** One packet, hop by hop, and why. */
export * from './conversation.ts'
export * from './matrix/acceptance-matrix.ts'
export type { DestinationKind, SourceKind } from './matrix/kinds.ts'
export * from './other-outcome.ts'
export * from './walk.ts'
export * from './world.ts'
