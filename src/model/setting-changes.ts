/** What else a network file changes: names, how long access is granted, how much each VM may have, what is expected, and what is excepted. No packet is judged otherwise for it. */
import { formatDate, formatDuration } from '../file/index.ts'
import { exceptionScope } from './exception-scope.ts'
import type { Expectation } from './expectation.ts'
import type { Network } from './network.ts'
import { type RatingSubject, ratingsOf, type Sayings } from './rating-sayings.ts'
import { siteByName } from './select.ts'

export interface SettingChange {
  readonly subject: 'network' | 'zone' | 'support' | 'quota' | RatingSubject | 'expectation' | 'exception'
  /** `network`, `zone`, `support.longest`, `flows-per-vm in west`, `expect:orders`, `exception of failures at west/jump1`. */
  readonly name: string
  /** What it said, and what it says; absent: it was not there, or is not any more. */
  readonly was?: string
  readonly is?: string
}

/** In the order of the file: what applies to all of the network first. */
export const settingChanges = (old: Network, next: Network): readonly SettingChange[] => [
  ...differing('network', new Map([['network', old.name]]), new Map([['network', next.name]])),
  ...differing('zone', new Map([['zone', old.zone]]), new Map([['zone', next.zone]])),
  ...differing('support', supportOf(old), supportOf(next)),
  ...differing('quota', quotasOf(old, next), quotasOf(next, old)),
  ...(['capacity', 'demand', 'availability'] as const).flatMap((subject) =>
    differing(subject, ratingsOf(subject, old, next), ratingsOf(subject, next, old)),
  ),
  ...differing('expectation', expectationsOf(old), expectationsOf(next)),
  ...differing('exception', exceptionsOf(old), exceptionsOf(next)),
]

function differing(subject: SettingChange['subject'], old: Sayings, next: Sayings): readonly SettingChange[] {
  return [...new Set([...old.keys(), ...next.keys()])].flatMap((name) => {
    const [was, is] = [old.get(name), next.get(name)]
    return was === is
      ? []
      : [{ subject, name, ...(was !== undefined && { was }), ...(is !== undefined && { is }) }]
  })
}

const supportOf = ({ support: { longest } }: Network): Sayings =>
  new Map([['support.longest', formatDuration(longest)]])

/** Of sites that are in the other network too. */
function quotasOf({ sites }: Network, other: Network): Sayings {
  const kept = sites.filter(({ name }) => siteByName(other, name))
  return new Map(
    kept.flatMap(({ name, flowsPerVm, connectionsPerVm }) => [
      [`flows-per-vm in ${name}`, `${flowsPerVm}`] as const,
      [`connections-per-vm in ${name}`, `${connectionsPerVm}`] as const,
    ]),
  )
}

/** One without a name is called by its place in the file, which moves with those before it: it is known by what it says. */
const expectationsOf = ({ expectations }: Network): Sayings =>
  new Map(
    expectations.map((each) => {
      const saying = sayingOf(each)
      return [/^expect:\d+$/.test(each.id) ? `expect: ${saying}` : each.id, saying]
    }),
  )

const sayingOf = ({ verdict, text }: Expectation): string => `${text}: ${verdict}`

/** Two that speak of the same thing count until the later day. */
function exceptionsOf({ exceptions }: Network): Sayings {
  const days = new Map<string, number>()
  for (const each of exceptions) {
    const name = `exception of ${each.of}${exceptionScope(each)}`
    days.set(name, Math.max(days.get(name) ?? each.until, each.until))
  }
  return new Map(Array.from(days, ([name, until]) => [name, `until ${formatDate(until)}`]))
}
