/** Rules that are of no use, or that were hardly meant. */
export * from './lint.ts'
export { type Shadowed, shadowedRules } from './shadow.ts'
