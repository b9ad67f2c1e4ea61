/** The platform's certificate authority, and the names of machines in its certificates. */
export * from './authority.ts'
export * from './credential-files.ts'
export * from './identity.ts'
