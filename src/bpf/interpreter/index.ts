/** The interpreter's public face. */
export { type EngineOptions, InterpreterEngine, InterpreterProgram } from './engine.ts'
export type { Environment, FibLookup } from './environment.ts'
export { InterpreterMap } from './maps/map.ts'
export { QueueMap } from './maps/queue-map.ts'
export { RingBuffer } from './maps/ring-buffer.ts'
export type { InterpreterContext, InterpreterResult, Redirection } from './run.ts'
