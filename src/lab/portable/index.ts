/** The lab without a kernel. */
export { bringUpPortable, type PortableFabric, type PortableOptions } from './fabric.ts'
export type { Loss } from './simulator.ts'
