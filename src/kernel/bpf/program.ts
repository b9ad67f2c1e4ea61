/** Programs in the kernel. */
import { closeSync } from 'node:fs'
import type { BpfMap, LoadedProgram, ProgramSpec, RunContext, RunResult } from '../../bpf/index.ts'
import { type ProgramInfo, programInfo } from './info.ts'
import { type LiveFrames, sendLiveFrames, type TestRun, type TestRunResult, testRun } from './test-run.ts'
import { loadProgram } from './verifier.ts'

export class KernelProgram implements LoadedProgram {
  readonly spec: ProgramSpec
  #fd: number

  /** Takes the descriptor of a loaded program. See `loadKernelProgram` and `openPinnedProgram`. */
  constructor(spec: ProgramSpec, fd: number) {
    this.spec = spec
    this.#fd = fd
  }

  /** The descriptor; -1 once closed. */
  get fd(): number {
    return this.#fd
  }

  run(packet: Uint8Array, context: RunContext = {}): RunResult {
    const { verdict, packet: result } = this.test({ packet, ...context })
    return { verdict, packet: result }
  }

  /** As `run`, with repetitions and time. */
  test(run: TestRun): TestRunResult {
    return testRun(this.spec, this.#fd, run)
  }

  /** XDP only: frames that really go where the program sends them. Returns the mean time of one in nanoseconds. */
  sendLiveFrames(frames: LiveFrames): number {
    return sendLiveFrames(this.spec, this.#fd, frames)
  }

  info(): ProgramInfo {
    return programInfo(this.#fd)
  }

  /** The kernel removes the program when no descriptor, link, pin or map holds it any more. */
  close(): void {
    if (this.#fd < 0) return
    closeSync(this.#fd)
    this.#fd = -1
  }
}

/** Throws `VerifierError` with the log if the kernel refuses. */
export const loadKernelProgram = (spec: ProgramSpec, maps: Readonly<Record<string, BpfMap>>): KernelProgram =>
  new KernelProgram(spec, loadProgram(spec, maps))
