/**
 * Where packets vanished: each conversation that ended in silence as predicted is one packet at one of the rules predicted, and the
 * counters of these rules must have moved by as many. Equal ways through the network make one account of a rule on each.
 */
import type { Deployment } from '../dataplane/index.ts'
import { type Point, type Rule, rulesOf } from '../policy/index.ts'
import type { Conversation, Opening } from '../trace/index.ts'
import type { Fabric } from './fabric.ts'

/** Packets that a group of rules was to drop, and did. */
export interface DropAccount {
  readonly rules: readonly string[]
  readonly conversations: readonly Conversation[]
  readonly counted: number
}

/** Packets counted so far by every rule that denies and is not in audit mode, by point and rule. */
export type DropCounts = ReadonlyMap<string, number>

export function readDrops(fabric: Fabric, deployment: Deployment): DropCounts {
  const counts = new Map<string, number>()
  for (const { node, attachments, firstCounters } of deployment.nodes.values()) {
    const slots = fabric.counters(node)
    for (const { point } of attachments) {
      const first = firstCounters.get(point.id) as number
      for (const [index, { rule, audited }] of rulesOf(point).entries())
        if (rule.action === 'deny' && !audited)
          counts.set(placeKey(point, rule), Number(slots[first + index]?.packets ?? 0n))
    }
  }
  return counts
}

/** Accounts of conversations that ended in silence; those that no rule stopped have none. */
export function accountDrops(
  vanished: readonly Conversation[],
  before: DropCounts,
  after: DropCounts,
): readonly DropAccount[] {
  const groups = new Map<string, { rules: Set<string>; conversations: Conversation[] }>()
  for (const conversation of vanished) {
    const rules = stopsOf(conversation)
    if (rules.length === 0) continue
    const merged = { rules: new Set(rules), conversations: [conversation] }
    for (const group of new Set(rules.map((rule) => groups.get(rule)))) {
      if (!group) continue
      merged.conversations.push(...group.conversations)
      for (const rule of group.rules) merged.rules.add(rule)
    }
    for (const rule of merged.rules) groups.set(rule, merged)
  }
  return [...new Set(groups.values())].map(({ rules, conversations }) => ({
    rules: [...rules],
    conversations,
    counted: counted([...rules], before, after),
  }))
}

/**
 * The conversations of an account whose packets its rules did not drop. They are sent again, in halves: what a half counts says
 * whether to look into it.
 * @param send sends openings and returns when all have been silent for long enough
 */
export async function findMissing(
  account: DropAccount,
  send: (openings: readonly Opening[]) => Promise<unknown>,
  read: () => DropCounts,
): Promise<readonly Conversation[]> {
  const search = async (suspects: readonly Conversation[]): Promise<readonly Conversation[]> => {
    const before = read()
    await send(suspects.map(({ opening }) => opening))
    const moved = counted(account.rules, before, read())
    if (moved >= suspects.length) return []
    if (moved === 0) return suspects
    const middle = suspects.length >> 1
    return [...(await search(suspects.slice(0, middle))), ...(await search(suspects.slice(middle)))]
  }
  return account.counted >= account.conversations.length ? [] : search(account.conversations)
}

const counted = (rules: readonly string[], before: DropCounts, after: DropCounts): number =>
  rules.reduce((sum, rule) => sum + (after.get(rule) ?? 0) - (before.get(rule) ?? 0), 0)

const placeKey = (point: Point, rule: Rule): string => `${point.id} ${rule.id}`

/** Rules at which the packets of a silent conversation stop; one of them stops each packet. */
const stopsOf = (conversation: Conversation): readonly string[] =>
  conversation.stops.flatMap(({ end }) => (end.kind === 'denied' ? [placeKey(end.point, end.rule)] : []))
