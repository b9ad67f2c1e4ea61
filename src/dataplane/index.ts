/** The network's policy as programs and maps. */
export * from './compile.ts'
export * from './counter-map.ts'
export * from './deployment.ts'
export * from './end-flows.ts'
export * from './event-map.ts'
export * from './event-record.ts'
export * from './grant-map.ts'
export * from './succession.ts'
