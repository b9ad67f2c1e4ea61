/** What is a filter's own, read from its record instead of being constants of its program. */
import { type ProgramBuilder, SK_BUFF, XDP_MD } from '../../bpf/index.ts'
import type { FilterRecords } from '../record-map.ts'
import { type Hook, verdictOf } from './frame.ts'

/** Parameters come from the record of the interface from here on; without one, nothing passes. */
export function emitRecord(b: ProgramBuilder, hook: Hook, { map, offsets }: FilterRecords): void {
  const key = b.stack(map.keySize, 4)
  b.store(4, key, 0, b.load(4, b.context, hook === 'xdp' ? XDP_MD.ingress_ifindex : SK_BUFF.ifindex))
  const record = b.mapLookup(map, key)
  b.if(b.eq(record, 0), () => b.exit(verdictOf[hook].deny))
  b.readParameters(record, offsets)
}
