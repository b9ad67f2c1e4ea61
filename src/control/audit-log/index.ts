/** Append-only, hash-chained audit logs. */
export * from './chain.ts'
export * from './head.ts'
export * from './log-file.ts'
export * from './record.ts'
export * from './verify.ts'
