/** `npx tsx scripts/schema.ts`: writes schema/network.schema.json from the schema in src/file. */
import { writeFileSync } from 'node:fs'
import { networkJsonSchema } from '../src/file/json-schema.ts'

const target = new URL('../schema/network.schema.json', import.meta.url)
writeFileSync(target, `${JSON.stringify(networkJsonSchema(), null, 2)}\n`)
