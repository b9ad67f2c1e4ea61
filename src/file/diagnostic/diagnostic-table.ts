/**
 * Every diagnostic number: a title, and the long form that `glacis explain CODE` prints. One file in `entries/` for each range:
 * GL1xxx files, GL2xxx what a network file describes, GL7xxx what is asked of a running network.
 */

import { cloudServiceEntries } from './entries/cloud-service.ts'
import type { DiagnosticEntry } from './entries/entry.ts'
import { expectationEntries } from './entries/expectations.ts'
import { fileFormEntries } from './entries/file-form.ts'
import { filterRulesEntries } from './entries/filter-rules.ts'
import { networkEntries } from './entries/network.ts'
import { ratingEntries } from './entries/ratings.ts'
import { runningNetworkEntries } from './entries/running-network.ts'
import { securityGroupEntries } from './entries/security-group.ts'
import { siteProtectionEntries } from './entries/site-protection.ts'

export const diagnosticTable = {
  ...fileFormEntries,
  ...cloudServiceEntries,
  ...securityGroupEntries,
  ...networkEntries,
  ...siteProtectionEntries,
  ...expectationEntries,
  ...ratingEntries,
  ...filterRulesEntries,
  ...runningNetworkEntries,
} as const satisfies Record<string, DiagnosticEntry>

export type DiagnosticCode = keyof typeof diagnosticTable

/** The entry of a code in any case, such as `gl2013`; `undefined` if there is none. */
export function explainDiagnostic(
  code: string,
): (DiagnosticEntry & { readonly code: DiagnosticCode }) | undefined {
  const upper = code.toUpperCase()
  if (!Object.hasOwn(diagnosticTable, upper)) return undefined
  return { code: upper as DiagnosticCode, ...diagnosticTable[upper as DiagnosticCode] }
}
