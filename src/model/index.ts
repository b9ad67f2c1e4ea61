/** The resolved network: loading it, and what follows from it. */
export * from './endpoints.ts'
export * from './generate.ts'
export * from './load.ts'
export * from './network.ts'
export * from './routes.ts'
export * from './select.ts'
