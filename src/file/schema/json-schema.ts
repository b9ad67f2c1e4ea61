/** The JSON Schemas of network files and files of rules, for editors. They ask for no more than the loader does, and for nearly all of it. */
import { toJsonSchema } from '@valibot/to-json-schema'
import { FilterFile } from './filter-rule.ts'
import { NetworkFile } from './network-file.ts'

/** Patterns for the forms that a check describes in code: near enough for completion and for most slips. */
const patterns: Readonly<Record<string, string>> = {
  prefix: '^[0-9A-Fa-f:.]+/[0-9]{1,3}$',
  address: '^[0-9A-Fa-f:.]+$',
}

/** As it is published in `schema/network.schema.json`. */
export const networkJsonSchema = (): object => jsonSchemaOf(NetworkFile, 'network.schema.json')

/** As it is published in `schema/rules.schema.json`. */
export const rulesJsonSchema = (): object => jsonSchemaOf(FilterFile, 'rules.schema.json')

function jsonSchemaOf(of: Parameters<typeof toJsonSchema>[0], id: string): object {
  const schema = toJsonSchema(of, {
    typeMode: 'input',
    errorMode: 'ignore',
    overrideAction: ({ valibotAction, jsonSchema }) => {
      const { type, message } = valibotAction as { type: string; message?: unknown }
      const pattern = type === 'check' ? patterns[String(message)] : undefined
      return pattern ? { ...jsonSchema, pattern } : undefined
    },
  })
  return { $id: id, ...schema }
}
