/** Origins as text. */
import { formatSource, type SourceRange } from '../file/source.ts'
import { productTemplates } from '../model/index.ts'
import type { Origin } from './rule.ts'

/** `network.yaml:12:7`, `rules.yaml:7:5 (host-config of network.yaml:40:3)`, `template balancer (network.yaml:40:3)` or `built-in default`. */
export function formatOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'file':
      return formatSource(origin.at)
    case 'template':
      if (origin.line)
        return `${formatSource(origin.line)} (${origin.name}${origin.at ? ` of ${formatSource(origin.at)}` : ''})`
      return origin.at ? `template ${origin.name} (${formatSource(origin.at)})` : `template ${origin.name}`
    case 'built-in':
      return `built-in ${origin.name}`
  }
}

/** The line of a file that says a rule, if one does. */
export const lineOf = (origin: Origin): SourceRange | undefined =>
  origin.kind === 'file' ? origin.at : origin.kind === 'template' ? origin.line : undefined

/** Whether a person wrote the line behind a rule; else Glacis itself made it, or a template that comes with it. */
export function isWritten(origin: Origin): boolean {
  const line = lineOf(origin)
  return line !== undefined && !line.file.startsWith(productTemplates)
}
