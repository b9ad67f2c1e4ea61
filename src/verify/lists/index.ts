/** Ordered rule lists: what two of them say differently. */
export * from './difference.ts'
export * from './rule-list.ts'
export { RuleTable } from './rule-table.ts'
