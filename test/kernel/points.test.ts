/** Every point's program says in the kernel what the evaluator says. */
import type { BpfMap } from '../../src/bpf/index.ts'
import { describeAgreement } from '../../src/dataplane/testing/agreement.ts'
import type { RingUnderTest } from '../../src/dataplane/testing/point-runner.ts'
import { type KernelMap, kernelEngine, openRing } from '../../src/kernel/index.ts'
import { describeKernel } from './requirements.ts'

describeKernel('points', () => describeAgreement(() => ({ engine: kernelEngine, openRing: ringOf })))

function ringOf(map: BpfMap): RingUnderTest {
  const ring = openRing(map as KernelMap)
  return {
    take() {
      const records: Uint8Array[] = []
      ring.read((record) => records.push(record.slice()))
      return records
    },
    close: () => ring.close(),
  }
}
