/** Two networks side by side: what says the same, and what does not. */
export * from './network-changes.ts'
export * from './same-parts.ts'
export * from './sameness.ts'
