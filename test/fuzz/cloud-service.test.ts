/**
 * Azure Cloud Services that were damaged at random. Loading them never throws, and ends in a service or in a reason why not; and no damage
 * of names, or of anything but what opens an endpoint, opens more than the intact files do.
 */
import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DiagnosticLog, decodeSource, formatDiagnostics, hasErrors } from '../../src/file/index.ts'
import { importCsdef } from '../../src/model/import/csdef.ts'
import { openness } from '../case/cloud-services/openness.ts'
import { loadService, requireService } from '../case/cloud-services/service.ts'
import { type Element, elementsOf, parse, serialize } from './xml-tree.ts'

const read = (name: string) => readFileSync(`examples/two-sites/tickets/${name}`, 'utf8')
const definition = read('ServiceDefinition.csdef')
  .replace('</WebRole>', '<Imports><Import moduleName="RemoteForwarder" /></Imports></WebRole>')
  .replace('</WorkerRole>', '<Runtime executionContext="limited"><Environment /></Runtime></WorkerRole>')
const configuration = read('ServiceConfiguration.Cloud.cscfg').replace(
  '<Instances count="2" />',
  '<Instances count="2" /><ConfigurationSettings><Setting name="Microsoft.WindowsAzure.Plugins.RemoteForwarder.Enabled" value="false" /></ConfigurationSettings>',
)
/** Of every list, some that it lets in and some that it does not. */
const sources = [
  '192.0.2.1',
  '192.0.2.200',
  '192.0.7.7',
  '9.9.9.9',
  '2001:db8:ffff::1',
  '2620:fe::1',
  '2001:db8::1',
]

describe('bytes of a file', () => {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.oneof(fc.constant(0), fc.nat(4), fc.nat(300)),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc
        .constantFrom(
          '<',
          '>',
          '/>',
          '</',
          '<!--',
          '-->',
          '<![CDATA[',
          ']]>',
          '<?',
          '"',
          '=',
          '&lt;',
          '&#0;',
          ' xmlns="urn:x"',
          '<!DOCTYPE a [<!ENTITY b "c">]>',
          '\u0000',
          '\ufeff',
          '*',
        )
        .map((text) => new TextEncoder().encode(text)),
    ),
  })
  const damage = (bytes: Uint8Array, edits: readonly { at: number; remove: number; insert: Uint8Array }[]) =>
    edits.reduce((now: Uint8Array, { at, remove, insert }) => {
      const offset = Math.floor(at * now.length)
      return Buffer.concat([now.subarray(0, offset), insert, now.subarray(offset + remove)])
    }, bytes)

  const utf8 = { definition: Buffer.from(definition), configuration: Buffer.from(configuration) }
  const utf16 = {
    definition: Buffer.from(`\ufeff${definition}`, 'utf16le'),
    configuration: Buffer.from(`\ufeff${configuration}`, 'utf16le').swap16(),
  }

  it.each([
    ['the definition', 'definition', utf8],
    ['the configuration', 'configuration', utf8],
    ['the definition in UTF-16', 'definition', utf16],
    ['the configuration in UTF-16', 'configuration', utf16],
  ] as const)('%s: a service or diagnostics', (_, which, files) => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const damaged = { ...files, [which]: damage(files[which], edits) }
        const log = DiagnosticLog()
        const sources = [
          decodeSource('s.csdef', damaged.definition, log),
          decodeSource('s.cscfg', damaged.configuration, log),
        ] as const
        const roles = sources[0] && sources[1] ? importCsdef(sources[0], sources[1], log) : []
        expect(roles.length > 0 || hasErrors(log.entries)).toBe(true)
        expect(formatDiagnostics(log.entries)).not.toMatch(/\n\s+at /)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('structure of a file', () => {
  const trees = { definition: parse(definition), configuration: parse(configuration) }
  const intact = openness(requireService(definition, configuration), sources)
  /** What says that something is to be open, or to how many: changing that may open other things, as it should. */
  const opening = new Set([
    'InputEndpoint',
    'InstanceInputEndpoint',
    'InternalEndpoint',
    'FixedPortRange',
    'AllocatePublicPortFrom',
    'Import',
    'Instances',
    'Role',
    'WebRole',
    'WorkerRole',
  ])

  const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
  const which = fc.constantFrom('definition' as const, 'configuration' as const)
  const nonsense = fc.constantFrom(
    '',
    ' ',
    'none',
    '*',
    '-1',
    '1e9',
    '99999999999',
    '0.0.0.0/99',
    '::/0/0',
    '&#49;',
    'Nobody',
    'toString',
    '__proto__',
    '😀',
  )

  /** Loads the files with one of them changed; what they open then, or `undefined` if they are refused. */
  function opened(
    changed: 'definition' | 'configuration',
    change: (root: Element) => void,
  ): ReadonlySet<string> | undefined {
    const root = structuredClone(trees[changed])
    change(root)
    const files = { definition, configuration, [changed]: serialize(root) }
    const { network, diagnostics } = loadService(files.definition, files.configuration)
    expect(network === undefined).toBe(hasErrors(diagnostics))
    return network && openness(network, sources)
  }

  const expectNoMore = (now: ReadonlySet<string> | undefined): void => {
    expect([...(now ?? [])].filter((sentence) => !intact.has(sentence))).toEqual([])
  }

  const elementAt = (
    root: Element,
    at: number,
    wanted: (element: Element) => boolean,
  ): Element | undefined => {
    const found = elementsOf(root).filter(wanted)
    return found[Math.floor(at * found.length)]
  }

  it('is understood by the test: the intact files open what they say', () => {
    expect(intact).toContain('6 443 of the VIP from 9.9.9.9')
    expect(intact).toContain('6 8600 of the VIP from 192.0.2.1')
    expect(intact).not.toContain('6 8600 of the VIP from 9.9.9.9')
    expect(intact).toContain('17 9200 of Store from Front over IPv6')
    expect(intact).not.toContain('17 9200 of Store from Store over IPv6')
    expect([...intact].some((sentence) => sentence.includes('3389'))).toBe(false)
    expect(opened('definition', () => {})).toEqual(intact)
  })

  /** Every element of a file, as a choice of one in a copy of it. */
  const everyElement = (['definition', 'configuration'] as const).flatMap((file) =>
    elementsOf(trees[file]).map((element, index) => ({
      file,
      element,
      of: (root: Element) => elementsOf(root)[index] as Element,
    })),
  )

  it.each(['Nothing', 'Rule', 'Endpoints'])('no element opens more by the name of %s', (name) => {
    for (const { file, of } of everyElement) {
      const now = opened(file, (root) => {
        of(root).name = name
      })
      expectNoMore(now)
    }
  })

  it('no attribute opens more by another name', () => {
    for (const { file, element, of } of everyElement)
      for (const [index] of element.attributes.entries()) {
        const now = opened(file, (root) => {
          const attribute = of(root).attributes[index] as [string, string]
          attribute[0] = `${attribute[0]}x`
        })
        expectNoMore(now)
      }
  })

  it('no attribute of what does not open opens more by being left out', () => {
    for (const { file, element, of } of everyElement) {
      if (opening.has(element.name)) continue
      for (const [index] of element.attributes.entries())
        expectNoMore(opened(file, (root) => void of(root).attributes.splice(index, 1)))
    }
  })

  it('nonsense as a value of what does not open opens nothing', () => {
    fc.assert(
      fc.property(which, place, place, nonsense, (file, at, index, value) => {
        expectNoMore(
          opened(file, (root) => {
            const element = elementAt(
              root,
              at,
              ({ name, attributes }) => attributes.length > 0 && !opening.has(name),
            )
            const attribute = element?.attributes[Math.floor(index * element.attributes.length)]
            // Another name makes it another setting.
            if (
              attribute &&
              attribute[0] !== 'xmlns' &&
              !(element?.name === 'Setting' && attribute[0] === 'name')
            )
              attribute[1] = value
          }),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('an element given twice, there or elsewhere, opens nothing', () => {
    fc.assert(
      fc.property(which, place, place, (file, at, to) => {
        let exempt = false
        const now = opened(file, (root) => {
          const element = elementAt(root, at, () => true)
          const target = elementAt(root, to, () => true)
          if (!element || !target) return
          exempt = opening.has(element.name)
          target.children.push(structuredClone(element))
        })
        if (!exempt) expectNoMore(now)
      }),
      { numRuns: 400 },
    )
  })

  it('an element taken out narrows, or is what narrowed', () => {
    const narrowing = new Set([
      'NetworkTrafficRules',
      'OnlyAllowTrafficTo',
      'NetworkConfiguration',
      'EndpointAcls',
      'EndpointAcl',
      'Rule',
      'ConfigurationSettings',
      'Setting',
      // Without a range a port is assigned.
      'FixedPortRange',
    ])
    for (const { file, element, of } of everyElement) {
      if (narrowing.has(element.name) || element === trees[file]) continue
      const now = opened(file, (root) => {
        const taken = of(root)
        const parent = elementsOf(root).find(({ children }) => children.includes(taken)) as Element
        parent.children.splice(parent.children.indexOf(taken), 1)
      })
      expectNoMore(now)
    }
  })
})
