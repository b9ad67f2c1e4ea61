/** What is promised of every network, and its proof. */

export { asClient, honestOf, openers } from './clients.ts'
export { flowsOf, machinesAt } from './expectations.ts'
export * from './invariant.ts'
export { Proof } from './proof.ts'
export * from './prove.ts'
