/** How much of the time services are available. */
export * from './availability.ts'
