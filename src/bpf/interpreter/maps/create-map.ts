/** From a map spec to the map that does it. */
import { BpfError } from '../../errors.ts'
import { mapSpecFault } from '../../map-spec.ts'
import type { MapSpec } from '../../spec.ts'
import { ArrayMap } from './array-map.ts'
import { DeviceMap } from './device-map.ts'
import { HashMap } from './hash-map.ts'
import { LpmTrie } from './lpm-trie.ts'
import type { InterpreterMap, MapHost } from './map.ts'
import { QueueMap } from './queue-map.ts'
import { ArrayOfMaps, HashOfMaps, ProgramArray } from './reference-map.ts'
import { RingBuffer } from './ring-buffer.ts'

/** @throws BpfError for a spec that the kernel refuses. */
export function createMap(spec: MapSpec, host: MapHost, inner?: MapSpec): InterpreterMap {
  const fault = mapSpecFault(spec)
  if (fault !== undefined) throw refused(spec, fault)
  switch (spec.type) {
    case 'array':
    case 'percpu_array':
      return new ArrayMap(spec, host)
    case 'hash':
    case 'percpu_hash':
    case 'lru_hash':
    case 'lru_percpu_hash':
      return new HashMap(spec, host)
    case 'lpm_trie':
      return new LpmTrie(spec, host)
    case 'prog_array':
      return new ProgramArray(spec, host)
    case 'array_of_maps':
      return new ArrayOfMaps(spec, host, shapeOf(spec, inner))
    case 'hash_of_maps':
      return new HashOfMaps(spec, host, shapeOf(spec, inner))
    case 'devmap':
    case 'devmap_hash':
      return new DeviceMap(spec, host)
    case 'queue':
      return new QueueMap(spec, host)
    case 'ringbuf':
      return new RingBuffer(spec, host)
  }
}

function shapeOf(spec: MapSpec, inner: MapSpec | undefined): MapSpec {
  const shape = inner ?? spec.inner
  if (shape === undefined)
    throw refused(spec, `it needs the shape of its inner maps; give 'inner' in its spec`)
  return shape
}

function refused(spec: MapSpec, fault: string): BpfError {
  return new BpfError(`create map '${spec.name}' failed with EINVAL: ${fault}`, { errno: 'EINVAL' })
}
