/** What is promised of every network, and its proof. */

export { honestOf, openers } from './clients.ts'
export * from './invariant.ts'
export { Proof } from './proof.ts'
export * from './prove.ts'
