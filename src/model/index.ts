/** The resolved network: loading it, and what follows from it. */
export * from './endpoints.ts'
export * from './forwarding-table.ts'
export * from './generate.ts'
export * from './load.ts'
export * from './network.ts'
export * from './node-role.ts'
export * from './routes.ts'
export * from './select.ts'
