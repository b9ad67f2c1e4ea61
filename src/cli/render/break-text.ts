/** What a failure breaks, in words: one promise by itself, or promises of a kind that break for one reason together. */
import { groupBy, type Network, nodeById } from '../../model/index.ts'
import type { Break, Failure } from '../../verify/index.ts'

type Elements = Pick<Failure, 'elements'>

/** `role-open: shop/worker/orders in west: nothing is left behind it; west/shop-worker-0 on west/host2 is its only machine`. */
export const breakText = (network: Network, failure: Elements, each: Break): string =>
  `${promiseText(each)}: ${lossOf(each)}; ${reasonOf(network, failure, each).one}`

/** What breaks, but for the places where: the same of failures that do alike. */
export function breaksKey(network: Network, failure: Failure): string {
  const isOneSite = new Set(failure.breaks.map(({ promise }) => promise.site)).size === 1
  return failure.breaks
    .map((each) => {
      const { id, name, site = '' } = each.promise
      return [id, name, isOneSite ? '' : site, reasonOf(network, failure, each).kind].join(' ')
    })
    .join('\n')
}

/** A line for each kind of promise, site and reason. */
export const breakLines = (network: Network, failure: Failure): readonly string[] =>
  [
    ...groupBy(failure.breaks, (each) =>
      [each.promise.id, each.promise.site, reasonOf(network, failure, each).kind].join(' '),
    ).values(),
  ].map((group) => groupText(network, failure, group))

/** Promises that are named. */
const named = 3

function groupText(network: Network, failure: Failure, group: readonly Break[]): string {
  const [first] = group as [Break]
  if (group.length === 1) return breakText(network, failure, first)
  const { id, site } = first.promise
  const names = group.slice(0, named).map(({ promise }) => promise.name)
  const more = group.length > named ? ` and ${group.length - named} more` : ''
  const reasons = group.map((each) => reasonOf(network, failure, each))
  const isShared = reasons.every(({ one }) => one === reasons[0]?.one)
  const reason = isShared ? reasons[0]?.shared : reasons[0]?.each
  return `${id}${placeText(site)}: ${names.join(', ')}${more}: ${lossOf(first, 'them')}; ${reason}`
}

const placeText = (site: string | undefined): string => (site === undefined ? '' : ` in ${site}`)

const promiseText = ({ promise: { id, name, site } }: Break): string =>
  `${name === id ? '' : `${id}: `}${name}${placeText(site)}`

const lossOf = ({ standing }: Break, behind = 'it'): string =>
  standing.kind === 'gone' ? `nothing is left behind ${behind}` : 'not everything gets there and back'

/** Why a promise breaks: said of it, of several for which it is the same, and of several for which it is of one kind. */
interface Reason {
  readonly kind: 'lost' | 'site' | 'machine' | 'machines'
  readonly one: string
  readonly shared: string
  readonly each: string
}

function reasonOf(
  network: Network,
  { elements }: Elements,
  { promise: { goal, site }, standing }: Break,
): Reason {
  if (standing.kind === 'cut') {
    const { from, to, lostAt } = standing
    const one = `from ${from} to ${to} it is lost at ${lostAt}`
    return {
      kind: 'lost',
      one,
      shared: one,
      each: `such as from ${from} to ${to}, where it is lost at ${lostAt}`,
    }
  }
  if (site !== undefined && elements.some(({ kind, id }) => kind === 'site' && id === site)) {
    const shared = `they stand in ${site} alone`
    return { kind: 'site', one: `it stands in ${site} alone`, shared, each: shared }
  }
  const machines = machinesOf(goal)
  const hosts = new Set(machines.map((machine) => nodeById(network, machine)?.vm?.host))
  const [host] = hosts
  const on = hosts.size === 1 && host !== undefined ? ` on ${host}` : ''
  if (machines.length === 1) {
    const machine = `${machines[0]}${on}`
    return {
      kind: 'machine',
      one: `${machine} is its only machine`,
      shared: `${machine} is their only machine`,
      each: `each has one machine, such as ${machine}`,
    }
  }
  const all = `${machines.length} machines ${on ? `are${on}` : 'fail'}`
  return {
    kind: 'machines',
    one: `all its ${all}`,
    shared: `all their ${all}`,
    each: `all machines of each ${on ? `are${on}` : 'fail'}`,
  }
}

const machinesOf = (goal: Break['promise']['goal']): readonly string[] =>
  goal.kind === 'machines'
    ? goal.nodes
    : goal.kind === 'endpoint'
      ? [...new Set(goal.endpoints.flatMap(({ backends }) => backends.map(({ node }) => node)))]
      : []
