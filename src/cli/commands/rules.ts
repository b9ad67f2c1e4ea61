/** `glacis rules FILE [POINT]`: every enforcement point, and every rule in the order in which it is asked, with its origin, and its
 * hits if that network is up. */
import { nearest, pathPattern } from '../../file/index.ts'
import { isWritten, type Point, type Policy, type Rule, type RulePlace, rulesOf } from '../../policy/index.ts'
import { type Shadowed, shadowedRules } from '../../verify/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { findHits, requireHits } from '../hits.ts'
import { derived, isFile, requireNetwork } from '../network-argument.ts'
import { type Extras, pointJson } from '../render/rule-json.ts'
import { pointsText, pointText } from '../render/rules-text.ts'
import { notInForce } from '../standing.ts'
import type { Terminal } from '../terminal.ts'

export interface RulesOptions {
  /** Only rules that have decided about nothing in the running network. */
  readonly unused: boolean
  /** Of these, not only those that a person wrote. */
  readonly all: boolean
  /** Only rules that can never decide. */
  readonly shadowed: boolean
  /** Which running network, if not that of the file's name. */
  readonly name?: string
}

export async function rules(
  first: string | undefined,
  second: string | undefined,
  options: RulesOptions,
  terminal: Terminal,
): Promise<number> {
  const [file, pattern] =
    second === undefined && first !== undefined && !isFile(first) ? [undefined, first] : [first, second]
  const network = requireNetwork(file, terminal)
  const policy = derived(network, terminal)
  const points = pattern === undefined ? policy.points : findPoints(policy, pattern)
  const name = options.name ?? network.name
  const required = options.unused || options.name !== undefined
  const hits = required ? await requireHits(name, 'read hits') : await findHits(name, terminal)
  const shadows = options.shadowed ? shadowsOf(points) : undefined
  const isMeant = (place: RulePlace): boolean =>
    (!options.unused || hits?.of(place)?.packets === 0) && (!shadows || shadows.has(place.rule))
  const isShown = ({ rule }: RulePlace): boolean => !options.unused || options.all || isWritten(rule.origin)
  const isListed = (place: RulePlace): boolean => isMeant(place) && isShown(place)
  const leftOut = options.unused ? points.flatMap(rulesOf).filter((p) => isMeant(p) && !isShown(p)).length : 0
  const extras: Extras = { hits, shadows, isListed }
  const listed = options.unused || options.shadowed ? points.filter((p) => rulesOf(p).some(isListed)) : points
  const differs = hits && notInForce(network, policy, hits)
  terminal.result({
    running: hits?.name ?? null,
    ...(hits && { revision: hits.revision, inForce: differs === undefined }),
    ...(options.unused && { leftOut }),
    points: listed.map((point) => pointJson(point, extras)),
  })
  if (terminal.json) return exitCodes.ok
  if (hits) terminal.say(terminal.err.dim(`hits are those of ${hits.name}, which is up`))
  if (differs) terminal.say(`${terminal.err.yellow(differs)}; rules that differ have no hits here`)
  terminal.print(
    pattern === undefined && !options.unused && !options.shadowed
      ? pointsText(listed, terminal, hits)
      : listed.map((point) => pointText(point, terminal, extras)).join('\n\n') || noneText(options),
  )
  if (leftOut > 0)
    terminal.say(
      terminal.err.dim(
        `${leftOut} unused rules that nobody wrote are left out: of templates, and of Glacis itself; --all lists them`,
      ),
    )
  return exitCodes.ok
}

const noneText = ({ shadowed, unused }: RulesOptions): string =>
  `No rule ${[...(unused ? ['is unused'] : []), ...(shadowed ? ['is shadowed'] : [])].join(' and ')} here.`

const shadowsOf = (points: readonly Point[]): ReadonlyMap<Rule, Shadowed> =>
  new Map(shadowedRules(points).map((shadowed) => [shadowed.place.rule, shadowed]))

/** Points whose id is the pattern, begins with it as a path, or matches it with `*` for anything. */
function findPoints(policy: Policy, pattern: string): readonly Point[] {
  const path = pattern.replace(/\/+$/, '')
  const glob = pathPattern(path)
  const found = policy.points.filter(({ id }) => glob.test(id))
  if (found.length > 0) return found
  const near = nearest(path, placesOf(policy))
  const remedy = near === undefined ? "'glacis rules FILE' lists what there is" : `did you mean '${near}'?`
  throw new CommandError(`find point '${pattern}': the network has none of that name; ${remedy}`)
}

/** Every point's id and the paths that lead to it: `west`, `west/ar1`, `west/ar1/external`, … */
function placesOf({ points }: Policy): ReadonlySet<string> {
  return new Set(
    points.flatMap(({ id }) => {
      const parts = id.split('/')
      return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
    }),
  )
}
