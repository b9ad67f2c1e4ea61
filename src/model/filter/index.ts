/** Rules that a person wrote: what their names stand for. */
export * from './address-book.ts'
export * from './filter-rule.ts'
export { type GuestFilter, guestKey, serviceOfGuestKey } from './guest-filters.ts'
export * from './product-template.ts'
export * from './resolve-rules.ts'
export type { SiteFilters } from './site-filters.ts'
