/** Machines that are alike, and those that stand for them. */
export * from './alike.ts'
export { addressesOf, areVouchedFor } from './vouching.ts'
