import { describeEngine } from '../testing/engine-suite.ts'
import { InterpreterEngine } from './engine.ts'
import { RingBuffer } from './maps/ring-buffer.ts'

const readRing = (map: unknown): Uint8Array[] => {
  const records: Uint8Array[] = []
  if (map instanceof RingBuffer) map.consume((record) => records.push(record))
  return records
}

describeEngine('interpreter', () => new InterpreterEngine(), readRing)
describeEngine('interpreter with 3 CPUs', () => new InterpreterEngine({ cpus: 3, cpu: 2 }), readRing)
