/** What is to arrive, and what becomes of it. */
export * from './flow.ts'
export { candidates, type Replay, replay, replayAnswer, replayErrors } from './replay.ts'
export * from './replay-known.ts'
export * from './told.ts'
