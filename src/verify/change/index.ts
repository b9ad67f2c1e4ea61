/** What one network allows that another does not. */
export * from './broken.ts'
export type { Source } from './cells.ts'
export * from './change.ts'
export type { Example, Stop } from './example.ts'
export type { By, Member, Where } from './group.ts'
export type { MachineChange } from './machine-change.ts'
export type { RuleChange } from './rule-change.ts'
export { ping, type Traffic } from './traffic.ts'
