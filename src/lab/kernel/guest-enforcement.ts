/**
 * A guest firewall inside its VM, by nftables: another enforcement than that of the hosts, and independent of it. In force while the
 * VM's interface is still down.
 */
import { type Count, CounterHistory, type NodeDeployment } from '../../dataplane/index.ts'
import { conntrackSysctls, emitNft, nftTable, readNftCounters } from '../../firewall/index.ts'
import { writeSysctls } from '../../kernel/index.ts'
import { type Point, rulesOf } from '../../policy/index.ts'
import type { NodeEnforcement, PreparedRevision } from './enforcement.ts'
import { runNft, startNft } from './nft-command.ts'
import type { KernelNode } from './node.ts'

const name = 'guest'

export class GuestEnforcement implements NodeEnforcement {
  readonly #node: KernelNode
  readonly #history = new CounterHistory()
  #deployment: NodeDeployment

  /** What is already in force. */
  constructor(node: KernelNode, deployment: NodeDeployment) {
    this.#node = node
    this.#deployment = deployment
  }

  /** Rejects with nft's words. */
  static async start(node: KernelNode, deployment: NodeDeployment): Promise<GuestEnforcement> {
    writeSysctls(node.namespace, conntrackSysctls)
    await startNft(node, ruleset(deployment))
    return new GuestEnforcement(node, deployment)
  }

  get deployment(): NodeDeployment {
    return this.#deployment
  }

  /** It has none: nothing of it is a program of ours. */
  map(): undefined {
    return undefined
  }

  counters(): readonly Count[] {
    return this.#history.total(this.#counts())
  }

  prepare(deployment: NodeDeployment): PreparedRevision {
    const before = this.#deployment
    const text = ruleset(deployment)
    runNft(this.#node, ['-c', '-f', '-'], text)
    let counted: readonly Count[] = []
    return {
      discard: () => {},
      commit: () => {
        counted = this.#counts()
        writeSysctls(this.#node.namespace, conntrackSysctls)
        runNft(this.#node, ['-f', '-'], text)
      },
      revert: () => void runNft(this.#node, ['-f', '-'], ruleset(before)),
      conclude: () => {
        this.#history.succeed(before, counted, deployment)
        this.#deployment = deployment
      },
    }
  }

  /** The table goes with the namespace. */
  close(): void {}

  #counts(): readonly Count[] {
    const points = pointsOf(this.#deployment)
    if (points.length === 0) return []
    const listing = runNft(this.#node, ['-j', 'list', 'table', 'inet', nftTable(points, { name })])
    const byPoint = readNftCounters(points, listing)
    const counts: Count[] = []
    for (const point of points) {
      const first = this.#deployment.firstCounters.get(point.id) ?? 0
      for (const [index, { packets, bytes }] of (byPoint.get(point.id) ?? []).entries())
        counts[first + index] = { packets, bytes: bytes + packets * ethernetHeader, lastHit: 0n }
    }
    return counts
  }
}

/** Our programs count it, netfilter does not. */
const ethernetHeader = 14n

const pointsOf = ({ attachments }: NodeDeployment): readonly Point[] =>
  attachments.map(({ point }) => point).filter((point) => rulesOf(point).length > 0)

function ruleset(deployment: NodeDeployment): string {
  const points = pointsOf(deployment)
  const table = `inet glacis-${name}`
  return points.length > 0 ? emitNft(points, { name }) : `table ${table}\ndelete table ${table}\n`
}
