/** Addresses, prefixes, ports and protocols as plain frozen values. */
export * from './ip.ts'
export * from './mac.ts'
export * from './port-range.ts'
export * from './prefix.ts'
export * from './prefix-index.ts'
export * from './prefix-map.ts'
export * from './prefix-set.ts'
export * from './protocol.ts'
