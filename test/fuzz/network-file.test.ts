/** Files that were damaged at random: loading them never throws, and ends in a network or in a reason why not. */
import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDiagnostics, hasErrors } from '../../src/file/index.ts'
import { parseNetwork } from '../../src/model/index.ts'

const directory = 'examples/two-sites'
const read = (name: string) => readFileSync(`${directory}/${name}`)
const files = {
  'network.yaml': read('network.yaml'),
  'hello-geo/ServiceDefinition.csdef': read('hello-geo/ServiceDefinition.csdef'),
  'hello-geo/ServiceConfiguration.Cloud.cscfg': read('hello-geo/ServiceConfiguration.Cloud.cscfg'),
}

type Edit = { readonly at: number; readonly remove: number; readonly insert: string }

/** Pieces that mean something to YAML, to XML or to the schema. */
const pieces = [
  '',
  ' ',
  '\n',
  '  ',
  '\t',
  ':',
  ': ',
  '- ',
  '? ',
  '[',
  ']',
  '{',
  '}',
  '#',
  '&a ',
  '*a',
  '!!map ',
  '|',
  '>',
  '"',
  "'",
  '---',
  '...',
  '%',
  '~',
  'null',
  '0',
  '-1',
  '1e99',
  '0x10',
  '.nan',
  '99999999999999999999',
  'west',
  '::/0',
  '0.0.0.0/0',
  '10.0.0.0/8',
  '<<: ',
  '<',
  '>',
  '/>',
  '</',
  '<a>',
  '<!--',
  ']]>',
  '<![CDATA[',
  '&amp;',
  '=',
  '\u0000',
  '\ufeff',
  '\u2028',
  '😀',
  '__proto__',
  'constructor',
]

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(200)),
  insert: fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'grapheme', maxLength: 4 })),
})

const apply = (text: string, edits: readonly Edit[]) =>
  edits.reduce((now, { at, remove, insert }) => {
    const offset = Math.floor(at * now.length)
    return now.slice(0, offset) + insert + now.slice(offset + remove)
  }, text)

function check(damaged: Readonly<Record<string, Uint8Array>>): void {
  const readFile = (path: string) => {
    const file = damaged[path]
    if (!file) throw Object.assign(new Error('missing'), { code: 'ENOENT' })
    return file
  }
  const { network, diagnostics } = parseNetwork(damaged['network.yaml'] ?? new Uint8Array(), { readFile })
  expect(network === undefined).toBe(hasErrors(diagnostics))
  const text = formatDiagnostics(diagnostics)
  expect(text).not.toMatch(/\n\s+at /)
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
}

describe('a damaged file', () => {
  it.each(Object.keys(files))('%s ends in a network or in diagnostics', (name) => {
    const original = files[name as keyof typeof files].toString()
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        check({ ...files, [name]: Buffer.from(apply(original, edits)) })
      }),
    )
  })

  it('of random bytes ends in diagnostics', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => check({ 'network.yaml': bytes })))
  })
})
