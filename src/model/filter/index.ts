/** Rules that a person wrote: what their names stand for. */
export * from './address-book.ts'
export * from './filter-rule.ts'
export * from './resolve-rules.ts'
