import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { diagnosticsReference } from './diagnostic/diagnostics-reference.ts'
import { networkJsonSchema, rulesJsonSchema } from './schema/json-schema.ts'

const committed = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

describe('files derived from the schema and the table (`npx tsx scripts/schema.ts` writes them)', () => {
  it('schema/network.schema.json is up to date', () => {
    expect(JSON.parse(committed('schema/network.schema.json'))).toEqual(
      JSON.parse(JSON.stringify(networkJsonSchema())),
    )
  })

  it('schema/rules.schema.json is up to date', () => {
    expect(JSON.parse(committed('schema/rules.schema.json'))).toEqual(
      JSON.parse(JSON.stringify(rulesJsonSchema())),
    )
  })

  it('docs/reference/diagnostics.md is up to date', () => {
    expect(committed('docs/reference/diagnostics.md')).toBe(diagnosticsReference())
  })
})

describe('the JSON Schema', () => {
  it('describes every key', () => {
    const bare: string[] = []
    const visit = (path: string, schema: Record<string, unknown>): void => {
      for (const [key, child] of Object.entries(
        (schema.properties ?? {}) as Record<string, Record<string, unknown>>,
      )) {
        if (!child.description) bare.push(`${path}.${key}`)
        visit(`${path}.${key}`, child)
      }
      if (typeof schema.additionalProperties === 'object')
        visit(`${path}.*`, schema.additionalProperties as Record<string, unknown>)
    }
    visit('', networkJsonSchema() as Record<string, unknown>)
    expect(bare).toEqual([])
  })

  it('refuses unknown keys and knows standard values', () => {
    const { properties, additionalProperties } = networkJsonSchema() as {
      properties: {
        templates: { additionalProperties: { properties: { ports: { properties: { ssh: object } } } } }
      }
      additionalProperties: boolean
    }
    expect(additionalProperties).toBe(false)
    const { ssh } = properties.templates.additionalProperties.properties.ports.properties
    expect(ssh).toMatchObject({ type: 'integer', minimum: 1, maximum: 65535, default: 22 })
  })
})
