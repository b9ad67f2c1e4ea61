import { describe, expect, it } from 'vitest'
import { diagnosticTable, explainDiagnostic } from './diagnostic-table.ts'
import { cloudServiceEntries } from './entries/cloud-service.ts'
import { expectationEntries } from './entries/expectations.ts'
import { fileFormEntries } from './entries/file-form.ts'
import { filterRulesEntries } from './entries/filter-rules.ts'
import { networkEntries } from './entries/network.ts'
import { ratingEntries } from './entries/ratings.ts'
import { runningNetworkEntries } from './entries/running-network.ts'
import { securityGroupEntries } from './entries/security-group.ts'
import { siteProtectionEntries } from './entries/site-protection.ts'

describe('diagnosticTable', () => {
  it('has each number once, in the file of its range', () => {
    const inFiles = [
      fileFormEntries,
      cloudServiceEntries,
      securityGroupEntries,
      networkEntries,
      siteProtectionEntries,
      expectationEntries,
      ratingEntries,
      filterRulesEntries,
      runningNetworkEntries,
    ].flatMap(Object.keys)
    expect(inFiles).toEqual(Object.keys(diagnosticTable))
    expect(inFiles).toEqual([...new Set(inFiles)].sort())
  })
})

describe('explainDiagnostic', () => {
  it('finds entries in any case and none for what does not exist', () => {
    expect(explainDiagnostic('gl2013')?.title).toBe('overlapping prefixes')
    expect(explainDiagnostic('GL9999')).toBeUndefined()
    expect(explainDiagnostic('toString')).toBeUndefined()
  })

  it('has a text for every number', () => {
    for (const { title, text } of Object.values(diagnosticTable)) {
      expect(title).toMatch(/^[A-Za-z]/)
      expect(text.length).toBeGreaterThan(30)
    }
  })
})
