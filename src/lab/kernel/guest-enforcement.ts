/**
 * A guest firewall inside its VM, by nftables: another enforcement than that of the hosts, and independent of it. In force while the
 * VM's interface is still down.
 */
import {
  type Count,
  CounterHistory,
  type NodeDeployment,
  noCount,
  type Untold,
} from '../../dataplane/index.ts'
import { conntrackSysctls, emitNft, readNftCounters } from '../../firewall/index.ts'
import {
  type Notifications,
  openNotifications,
  type TableRules,
  tableRules,
  writeSysctls,
} from '../../kernel/index.ts'
import { type Point, rulesOf } from '../../policy/index.ts'
import type { NodeEnforcement, PreparedRevision } from './enforcement.ts'
import type { EventTap } from './event-taps.ts'
import { GuestLog, logStatement } from './guest-log.ts'
import { runNft, startNft } from './nft-command.ts'
import type { KernelNode } from './node.ts'

const name = 'guest'

export class GuestEnforcement implements NodeEnforcement {
  /** Whoever takes it off, inside the guest, opens nobody but himself: its host judges too. */
  readonly longestRest = 30_000
  /** Likewise. */
  readonly closed = []
  readonly #node: KernelNode
  readonly #tick: () => bigint
  readonly #history = new CounterHistory()
  readonly #log: GuestLog
  #current: Ruleset
  /** In force before: packets that it told of may still wait. */
  #previous: Ruleset | undefined
  #generations = 0
  /** What the ruleset in force had counted when it was last looked at. */
  #seen: readonly Count[] = []
  /** Its rules in the kernel. `undefined`: somebody changed them before they could be looked at. */
  #own: OwnRules | undefined

  /**
   * What is already in force.
   * @param tick the clock of `Count.lastHit`
   */
  constructor(node: KernelNode, current: Ruleset, tick: () => bigint) {
    this.#node = node
    this.#current = current
    this.#tick = tick
    this.#own = this.#readOwn()
    this.#log = new GuestLog(
      node,
      (generation) =>
        [this.#current, this.#previous].find((ruleset) => ruleset?.generation === generation)?.deployment,
    )
  }

  /** Rejects with nft's words. */
  static async start(
    node: KernelNode,
    deployment: NodeDeployment,
    tick: () => bigint,
  ): Promise<GuestEnforcement> {
    const first = { deployment, generation: 0 }
    writeSysctls(node.namespace, conntrackSysctls)
    await startNft(node, textOf(first))
    return new GuestEnforcement(node, first, tick)
  }

  get deployment(): NodeDeployment {
    return this.#current.deployment
  }

  /** It has none: nothing of it is a program of ours. */
  map(): undefined {
    return undefined
  }

  counters(): readonly Count[] {
    this.#seen = this.#counts()
    return this.#history.total(this.#seen)
  }

  missing(): readonly string[] {
    if (pointsOf(this.deployment).length === 0) return []
    const found = this.#read()
    if (!found) return [`nftables table ${table}`]
    if (!found.awake) return [`nftables table ${table}, which was put to sleep`]
    if (markOf(found) !== this.#own?.mark) return [`rules of nftables table ${table}`]
    this.#seen = this.#countsOf(found)
    return []
  }

  /** What was counted since the last look is lost with the rules that counted it. Connection tracking is not the table's: flows go on. */
  restore(): void {
    runNft(this.#node, ['-f', '-'], textOf(this.#current))
    this.#history.succeed(this.deployment, this.#seen, this.deployment)
    this.#seen = []
    const own = this.#readOwn()
    if (this.#own && own?.count !== this.#own.count)
      throw new Error(`rules of nftables table ${table} were changed again at once`)
    this.#own = own
  }

  reopen(): void {}

  notifications(): Notifications {
    return openNotifications(this.#node.namespace, 'tables')
  }

  tell(mode: number, limit: number): void {
    this.#log.tell(pointsOf(this.deployment).length > 0 ? mode : 0, limit)
  }

  openTap(): EventTap | undefined {
    return this.#log.openTap()
  }

  untold(): Untold {
    return this.#log.untold()
  }

  prepare(deployment: NodeDeployment): PreparedRevision {
    const before = this.#current
    const next = { deployment, generation: ++this.#generations }
    const text = textOf(next)
    runNft(this.#node, ['-c', '-f', '-'], text)
    let counted: readonly Count[] = []
    return {
      discard: () => {},
      commit: () => {
        counted = this.#counts()
        writeSysctls(this.#node.namespace, conntrackSysctls)
        runNft(this.#node, ['-f', '-'], text)
      },
      revert: () => {
        runNft(this.#node, ['-f', '-'], textOf(before))
        this.#history.succeed(before.deployment, counted, before.deployment)
        this.#seen = []
        this.#own = this.#readOwn()
      },
      conclude: () => {
        this.#history.succeed(before.deployment, counted, deployment)
        this.#previous = before
        this.#current = next
        this.#seen = []
        this.#own = this.#readOwn()
      },
    }
  }

  /** The table goes with the namespace. */
  close(): void {
    this.#log.close()
  }

  /** Of what is in the table as it was loaded; no rule of a ruleset takes less than a line. */
  #readOwn(): OwnRules | undefined {
    const most = textOf(this.#current).split('\n').length
    const found = tableRules(this.#node.namespace, table, most)
    const count = found?.rules.length ?? 0
    return count > most ? undefined : { mark: markOf(found), count }
  }

  /** Enough of what is there to tell whether it is ours: a guest that loads very many rules must not keep the process busy. */
  #read(): TableRules | undefined {
    return tableRules(this.#node.namespace, table, this.#own?.count ?? 0)
  }

  /** Of rules that somebody has meddled with, what they had counted before. */
  #counts(): readonly Count[] {
    if (pointsOf(this.deployment).length === 0) return []
    const found = this.#read()
    return found && markOf(found) === this.#own?.mark ? this.#countsOf(found) : this.#seen
  }

  /** Nft of today cannot be asked when a rule was last hit: it was after the last time that its counter was less. */
  #countsOf({ rules }: TableRules): readonly Count[] {
    const { deployment } = this.#current
    const points = pointsOf(deployment)
    const byPoint = readNftCounters(points, rules)
    const now = this.#tick()
    const counts: Count[] = []
    for (const point of points) {
      const first = deployment.firstCounters.get(point.id) ?? 0
      for (const [index, { packets, bytes }] of (byPoint.get(point.id) ?? []).entries()) {
        const seen = this.#seen[first + index] ?? noCount
        counts[first + index] = {
          packets,
          bytes: bytes + packets * ethernetHeader,
          lastHit: packets === seen.packets ? seen.lastHit : now,
        }
      }
    }
    return counts
  }
}

interface OwnRules {
  /** See `markOf`. */
  readonly mark: string
  readonly count: number
}

/** Which rules there are: each that is added, taken away or replaced makes it another. */
const markOf = (found: TableRules | undefined): string =>
  found?.rules.map(({ chain, handle }) => `${chain} ${handle}`).join() ?? ''

/** What is in force, and its number among the rulesets of the guest. */
export interface Ruleset {
  readonly deployment: NodeDeployment
  readonly generation: number
}

/** Our programs count it, netfilter does not. */
const ethernetHeader = 14n

const table = `glacis-${name}`

const pointsOf = ({ attachments }: NodeDeployment): readonly Point[] =>
  attachments.map(({ point }) => point).filter((point) => rulesOf(point).length > 0)

function textOf({ deployment, generation }: Ruleset): string {
  const points = pointsOf(deployment)
  if (points.length === 0) return `table inet ${table}\ndelete table inet ${table}\n`
  return emitNft(points, { name, log: logStatement(deployment, generation) })
}
