/** What is wrong with a file: as data, as text, and the long form of each number. */
export * from './diagnostic.ts'
export * from './diagnostic-table.ts'
export type { DiagnosticEntry } from './entries/entry.ts'
export * from './format-diagnostic.ts'
