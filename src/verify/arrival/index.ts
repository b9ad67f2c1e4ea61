/** What is to arrive, and what becomes of it. */
export * from './flow.ts'
export * from './replay.ts'
export * from './told.ts'
