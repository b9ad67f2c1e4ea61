/**
 * `npx tsx scripts/schema.ts`: writes what is derived from src/file: the JSON Schemas of network files and files of rules, and the reference of
 * the diagnostics. A test says if they are stale.
 */
import { writeFileSync } from 'node:fs'
import { diagnosticsReference } from '../src/file/diagnostic/diagnostics-reference.ts'
import { networkJsonSchema, rulesJsonSchema } from '../src/file/schema/json-schema.ts'

const target = (path: string) => new URL(`../${path}`, import.meta.url)
writeFileSync(target('schema/network.schema.json'), `${JSON.stringify(networkJsonSchema(), null, 2)}\n`)
writeFileSync(target('schema/rules.schema.json'), `${JSON.stringify(rulesJsonSchema(), null, 2)}\n`)
writeFileSync(target('docs/reference/diagnostics.md'), diagnosticsReference())
