/** Ordered rule lists: what two of them say differently, box by box or counted. */
export { type Difference, type DifferenceOptions, differenceOf } from './difference.ts'
export {
  type Change as ListChange,
  type Extent,
  type ExtentOptions,
  extentOf,
  type Region as ListRegion,
} from './extent.ts'
export * from './rule-list.ts'
export { RuleTable } from './rule-table.ts'
