/** The engine that runs specs in the kernel, through bpf(2). */
import type { Engine } from '../bpf/index.ts'
import { createMap, type KernelMap } from './bpf/map.ts'
import { type KernelProgram, loadKernelProgram } from './bpf/program.ts'

export interface KernelEngine extends Engine {
  readonly name: 'kernel'
  createMap(...parameters: Parameters<Engine['createMap']>): KernelMap
  load(...parameters: Parameters<Engine['load']>): KernelProgram
}

export const kernelEngine: KernelEngine = Object.freeze({
  name: 'kernel',
  createMap,
  load: loadKernelProgram,
})
