/**
 * Real services, where they are at hand: each loads, or is refused for a reason that is known to be right. The folder is not part of the
 * repository; `GLACIS_CSDEF_CORPUS` names another than `../shared/data/csdef`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DiagnosticLog, decodeSource, sortedDiagnostics } from '../../../src/file/index.ts'
import { importCsdef } from '../../../src/model/import/csdef.ts'
import { loadService } from './service.ts'

const corpus = process.env.GLACIS_CSDEF_CORPUS ?? '../shared/data/csdef'
const isThere = existsSync(corpus)
const files = isThere ? (readdirSync(corpus, { recursive: true }) as string[]).toSorted() : []
const definitions = files.filter((file) => /\.csdef(\.prod)?$/.test(file))
const configurationsOf = (definition: string) =>
  files.filter((file) => dirname(file) === dirname(definition) && /\.cscfg(\.prod)?$/.test(file))
const read = (file: string) => readFileSync(join(corpus, file))

function reasons(definition: string, configuration: string | undefined): string[] {
  const log = DiagnosticLog()
  const source = (file: string) => decodeSource(file, read(file), log)
  const [a, b] = [source(definition), configuration === undefined ? undefined : source(configuration)]
  if (a) importCsdef(a, b, log)
  return sortedDiagnostics(log)
    .filter(({ severity }) => severity === 'error')
    .map(({ code, message }) => `${code} ${message}`)
}

const noCount = (role: string) => `GL1023 the configuration gives no instance count for role '${role}'`
const noRole = (role: string) => `GL2001 there is no role '${role}' in this definition`

/** Pairs that do not belong together, and the documentation's rules without the roles that they are about. */
const refused: ReadonlyMap<string, RegExp> = new Map([
  ['NuGet__NuGetGallery/Scripts/Worker.csdef', literal(noCount('NuGetGallery.Operations.Worker'))],
  ['SysSurge__vera/_root/ServiceDefinition.build.csdef.prod', literal(noCount('WebPages'))],
  ['SysSurge__vera/_root/ServiceDefinition.csdef.prod', literal(noCount('WebPages'))],
  ['SysSurge__vera/_root/ServiceDefinition.csdef', literal(noCount('Www'))],
  ...[1, 2, 3, 4].map(
    (n) =>
      [
        `MicrosoftDocs__azure-docs/network-traffic-rules/scenario${n}.csdef`,
        new RegExp(
          ['WebRole1', 'WorkerRole1', 'WorkerRole2'].map((role) => literal(noRole(role)).source).join('|'),
        ),
      ] as const,
  ),
])

function literal(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.?*+^$()[\]{}|\\]/g, '\\$&')}$`)
}

describe.skipIf(!isThere)('the corpus', () => {
  const pairs = definitions.flatMap((definition) => {
    const configurations = configurationsOf(definition)
    return (configurations.length > 0 ? configurations : [undefined]).map(
      (configuration) => [definition, configuration] as const,
    )
  })

  it('is there', () => expect(pairs.length).toBeGreaterThan(80))

  it.each(pairs)('%s with %s', (definition, configuration) => {
    const found = reasons(definition, configuration)
    const expected = refused.get(definition)
    if (!expected) expect(found).toEqual([])
    for (const reason of found) expect(reason).toMatch(expected as RegExp)
  })

  it('is refused in an eighth at most', () => {
    expect(pairs.filter((pair) => reasons(...pair).length > 0).length).toBeLessThanOrEqual(pairs.length / 8)
  })

  it('loads into networks', () => {
    for (const [definition, configuration] of pairs) {
      if (reasons(definition, configuration).length > 0) continue
      const { network, diagnostics } = loadService(
        read(definition),
        configuration === undefined ? undefined : read(configuration),
      )
      const errors = diagnostics.filter(({ severity }) => severity === 'error')
      // What only a network can say: two endpoints at one port, a name too long for the DNS.
      expect(network !== undefined || errors.every(({ code }) => /^GL20[23]/.test(code))).toBe(true)
    }
  })
})
