/** The reference page of all diagnostics, `docs/reference/diagnostics.md`. */
import { diagnosticTable } from './diagnostic-table.ts'

export function diagnosticsReference(): string {
  const sections = Object.entries(diagnosticTable).map(
    ([code, { title, text }]) => `## ${code}: ${title}\n\n${text}\n`,
  )
  return [
    '# Diagnostics\n',
    'What Glacis says about what it cannot take, by number. `glacis explain CODE` prints the same.',
    'GL1xxx are about the form of a file, GL2xxx about what it describes, GL7xxx about what is asked of a running network.\n',
    '<!-- Written by scripts/schema.ts from src/file/diagnostic/entries/. -->\n',
    ...sections,
  ].join('\n')
}
