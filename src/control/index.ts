/** What is done to a network while it runs, and the account of it. */
export * from './access/index.ts'
export * from './audit-log/index.ts'
