/**
 * Glacis as a library: load a network, derive what it allows, ask what happens to a packet, compile it, run it.
 *
 * ```ts
 * import { acceptanceMatrix, compileDeployment, converse, createWorld, derivePolicy, loadNetwork } from 'glacis'
 *
 * const { network, diagnostics } = loadNetwork('network.yaml')
 * if (!network) throw new Error(`${diagnostics.length} mistakes`)
 * const policy = derivePolicy(network)
 * const world = createWorld(network, policy)
 * for (const { opening } of acceptanceMatrix(network)) console.log(converse(world, opening).outcome)
 * ```
 *
 * The eBPF toolkit is the subpath `glacis/bpf`.
 */
export { type CompileOptions, type Count, compileDeployment, type Deployment } from './dataplane/index.ts'
export { type Diagnostic, formatDiagnostic } from './file/index.ts'
export * from './model/index.ts'
export * from './net/index.ts'
export * from './policy/index.ts'
export * from './trace/index.ts'
