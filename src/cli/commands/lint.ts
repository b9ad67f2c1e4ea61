/** `glacis lint FILE`: rules that people wrote and that are of no use, or that were hardly meant. */
import { lint as findings } from '../../verify/index.ts'
import { exitCodes } from '../exit-code.ts'
import { derived, requireNetwork } from '../network-argument.ts'
import { findingJson, lintText } from '../render/lint-text.ts'
import { openProgress } from '../render/progress.ts'
import type { Terminal } from '../terminal.ts'

export interface LintOptions {
  /** Findings make the exit code 1. */
  readonly strict: boolean
}

export function lint(file: string | undefined, { strict }: LintOptions, terminal: Terminal): number {
  const network = requireNetwork(file, terminal)
  const policy = derived(network, terminal)
  const progress = openProgress(terminal)
  // A small network is looked through before anybody could read what is being done.
  const isLarge = policy.points.length > 1000
  const result = findings(network, policy, (done, total) => {
    if (isLarge) progress('lint', done, total)
  })
  progress.end()
  const { lines, unjudged } = result
  terminal.result({ lines, unjudged, findings: result.findings.map(findingJson) })
  terminal.print(lintText(result, terminal.out))
  return strict && result.findings.length > 0 ? exitCodes.no : exitCodes.ok
}
