/** The eBPF toolkit: inert specs, an assembler, a typed builder, a disassembler, maps, and an interpreter. Pure. */
export * from './assembler.ts'
export * from './engine.ts'
export * from './errors.ts'
export * from './format.ts'
export * from './helpers.ts'
export * from './instructions.ts'
export * from './kernel-abi.ts'
export * from './spec.ts'
