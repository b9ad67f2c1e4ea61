/** The guide's examples are run: all blocks marked `ts`, in order, as one program; `// →` is what they print. */
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import * as toolkit from './index.ts'

const guide = readFileSync(new URL('../../docs/guide/bpf-toolkit.md', import.meta.url), 'utf8')

it('the examples of docs/guide/bpf-toolkit.md print what they say', async () => {
  const blocks = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!)
  const code = blocks.join('\n').replace(/^import (\{[^}]*\}) from 'glacis\/bpf'$/gm, 'const $1 = toolkit')
  const promised = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => line!.trimEnd())
  const printed: string[] = []
  const log = (...values: unknown[]) => {
    const text = values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' ')
    printed.push(...text.split('\n'))
  }
  const run = new Function('toolkit', 'console', `return (async () => {\n${code}\n})()`)
  await run(toolkit, { log })
  expect(printed).toEqual(promised)
  expect(promised.length).toBeGreaterThan(10)
})
