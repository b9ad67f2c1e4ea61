/** `glacis rules FILE [POINT]`: every enforcement point, and every rule in the order in which it is asked, with its origin. */
import { nearest } from '../../file/index.ts'
import { derivePolicy, type Point, type Policy } from '../../policy/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { isFile, requireNetwork } from '../network-argument.ts'
import { pointJson } from '../render/rule-json.ts'
import { pointsText, pointText } from '../render/rules-text.ts'
import type { Terminal } from '../terminal.ts'

export function rules(first: string | undefined, second: string | undefined, terminal: Terminal): number {
  const [file, pattern] =
    second === undefined && first !== undefined && !isFile(first) ? [undefined, first] : [first, second]
  const policy = derivePolicy(requireNetwork(file, terminal))
  const points = pattern === undefined ? policy.points : findPoints(policy, pattern)
  terminal.result({ points: points.map(pointJson) })
  if (terminal.json) return exitCodes.ok
  terminal.print(
    pattern === undefined
      ? pointsText(points, terminal)
      : points.map((point) => pointText(point, terminal)).join('\n\n'),
  )
  return exitCodes.ok
}

/** Points whose id is the pattern, begins with it as a path, or matches it with `*` for anything. */
function findPoints(policy: Policy, pattern: string): readonly Point[] {
  const path = pattern.replace(/\/+$/, '')
  const glob = new RegExp(`^${path.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*')}(/.*)?$`)
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
