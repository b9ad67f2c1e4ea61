/** A proof that follows a network as it changes. */
export * from './standing-proof.ts'
