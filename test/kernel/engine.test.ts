/** The kernel passes the same suite as the interpreter. */
import { describeEngine } from '../../src/bpf/testing/engine-suite.ts'
import { type KernelMap, kernelEngine, openRing } from '../../src/kernel/index.ts'
import { describeKernel } from './requirements.ts'

describeKernel('one behaviour for all engines', () => {
  describeEngine(
    'kernel',
    () => kernelEngine,
    (map) => {
      const ring = openRing(map as KernelMap)
      const records: Uint8Array[] = []
      ring.read((record) => records.push(record.slice()))
      ring.close()
      return records
    },
  )
})
