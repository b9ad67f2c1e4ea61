/** What the platform's controllers have: its certificate authority, and the log of who was given access to what. */
export * from './access/index.ts'
export * from './audit-log/index.ts'
export * from './authority/index.ts'
