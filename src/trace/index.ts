/** One packet, hop by hop, and why. */
export * from './acceptance-matrix.ts'
export * from './conversation.ts'
export * from './other-outcome.ts'
export * from './walk.ts'
export * from './world.ts'
