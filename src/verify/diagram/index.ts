/** Decision diagrams over ranges of whole numbers. */
export * from './diagrams.ts'
