import type { Network } from '../../../model/index.ts'
import type { KernelNode } from '../node.ts'
export class Workloads {
  constructor(_network: Network) {}
  start(_node: KernelNode): void {}
  async close(): Promise<void> {}
}
