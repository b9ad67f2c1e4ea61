/** A whole network on one machine: in the kernel, or in this process. */
export * from './acceptance.ts'
export * from './enter.ts'
export * from './fabric.ts'
export * from './kernel/fabric.ts'
export * from './portable/index.ts'
export * from './state.ts'
