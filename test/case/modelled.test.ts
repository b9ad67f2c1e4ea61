/**
 * What the proof makes of each key of a network file is in a table of the guide, which is held against the schema: whoever adds a key has to say how
 * the proof reads it, or why no packet depends on it. Keys that are said to change no verdict change no decision of any point.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { networkJsonSchema, rulesJsonSchema } from '../../src/file/schema/index.ts'
import { loadNetwork, type Network, parseNetwork } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { ProofMemory } from '../../src/verify/index.ts'
import { translates } from '../../src/verify/network/index.ts'

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

/** Every key, by its path; entries of a mapping that people name are `NAME`. */
function* keysOf(schema: Schema, path: string): Iterable<string> {
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    const place = path === '' ? key : `${path}.${key}`
    yield place
    yield* keysOf(inner, place)
  }
  const { additionalProperties: named, items, anyOf = [] } = schema
  if (typeof named === 'object') yield* keysOf(named, `${path}.NAME`)
  for (const inner of [...(items ? [items] : []), ...anyOf]) yield* keysOf(inner, path)
}

const guide = readFileSync('docs/guide/proofs.md', 'utf8')
const section = guide.slice(
  guide.indexOf('## What is modelled'),
  guide.indexOf('## What is taken for granted'),
)
const words = (cell = ''): readonly string[] =>
  Array.from(cell.matchAll(/`([^`]+)`/g), ([, word]) => word ?? '')

/** Paths that rows of the table speak of, and what they say of them. */
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| in '))
  .flatMap((line) => {
    const [, where, keys, meaning = ''] = line.split('|').map((cell) => cell.trim())
    const places = words(where).length > 0 ? words(where).map((place) => `${place}.`) : ['']
    return places.flatMap((place) => words(keys).map((key) => ({ path: `${place}${key}`, meaning })))
  })

describe('what is modelled', () => {
  const all = new Set(
    [networkJsonSchema(), rulesJsonSchema()].flatMap((schema) => [...keysOf(schema as Schema, '')]),
  )

  it('is said of every key that the schema has, once, and of no other', () => {
    const keys = [...all]
    const told = rows.flatMap(({ path }) => {
      if (!path.endsWith('…')) return [path]
      const key = path.slice(0, -1)
      const below = keys.filter((each) => each === key || each.startsWith(`${key}.`))
      return below.length > 0 ? below : [path]
    })
    expect(told.toSorted()).toEqual(keys.toSorted())
    expect(rows.filter(({ meaning }) => meaning === '')).toEqual([])
  })

  it('misses a key that somebody adds', () => {
    const schema = networkJsonSchema() as Schema
    const more = { ...schema, properties: { ...schema.properties, tunnels: {} } }
    expect([...keysOf(more, '')].filter((key) => !all.has(key))).toEqual(['tunnels'])
  })

  const file = 'examples/two-sites/network.yaml'
  const text = readFileSync(file, 'utf8')
  const before = loadNetwork(file).network as Network

  it.each<[string, string | RegExp, string]>([
    ['network', 'network: two-sites', 'network: other'],
    ['support.longest', 'longest: 8h', 'longest: 1h'],
    [
      'flows-per-vm, connections-per-vm',
      '    isps: 2\n',
      '    isps: 2\n    flows-per-vm: 64\n    connections-per-vm: 16\n',
    ],
    ['limits', /per: vip, packets: 1000000/g, 'per: vip, packets: 1'],
    [
      'kind of a role',
      'kind: worker\n        instances: 2\n        internal',
      'kind: web\n        instances: 2\n        internal',
    ],
    ['why of a rule', 'Meters send their readings.', 'Another reason.'],
  ])('changes no decision of any point: %s', (_, from, to) => {
    const changed = text.replace(from, to)
    expect(changed).not.toBe(text)
    const { network } = parseNetwork(changed, { file, readFile: (path) => readFileSync(path) })
    const { sets, passages } = new ProofMemory()
    const decided = (given: Network) =>
      derivePolicy(given)
        .points.filter((point) => !translates(point))
        .map((point) => [point.id, passages.passed(point, sets.all)])
    expect(decided(network as Network)).toEqual(decided(before))
  })
})
