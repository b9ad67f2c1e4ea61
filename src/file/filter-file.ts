/** Reads a file of rules: YAML, form, positions. What the names in it stand for is not looked at here. */
import * as v from 'valibot'
import type { DiagnosticLog } from './diagnostic/diagnostic.ts'
import { keyMistakes } from './keys.ts'
import { FilterFile, type FilterRule } from './schema/filter-rule.ts'
import type { SourceRange } from './source.ts'
import { type Path, valueAt } from './syntax/located.ts'
import type { SourceText } from './syntax/text.ts'
import { parseYaml } from './syntax/yaml.ts'
import { plainWithout, reportIssue } from './validate.ts'

/** Rules as they were written, and where. */
export interface WrittenRules {
  readonly rules: readonly FilterRule[]
  /** Of the file as a whole. */
  readonly audit: boolean
  /** Where the value at a path below a rule stands; with the index alone, where the rule's name stands. */
  at(index: number, ...path: Path): SourceRange
}

/** `undefined` if any of it has a wrong form: the reasons are in the log, and no rule of such a file is to be used. */
export function readFilterFile(source: SourceText, log: DiagnosticLog): WrittenRules | undefined {
  const root = parseYaml(source, log)
  if (!root) return undefined
  if (root.kind !== 'map') {
    log.report('GL1010', root.at, 'a file of rules must be a mapping', { hint: 'begin with `rules:`' })
    return undefined
  }
  const mistakes = keyMistakes(root, FilterFile, log)
  const { plain, meant } = plainWithout(root, mistakes)
  const result = v.safeParse(FilterFile, plain)
  for (const issue of result.issues ?? []) {
    const path = (issue.path ?? []).map(({ key }) => key as string | number)
    reportIssue(issue, path, root, meant, log, 'the file of rules')
  }
  if (!result.success || mistakes.length > 0) return undefined
  return {
    rules: result.output.rules,
    audit: result.output.audit ?? false,
    at: (index, ...path) => valueAt(root, ['rules', index, ...(path.length === 0 ? ['name'] : path)]).at,
  }
}
