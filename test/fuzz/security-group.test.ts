/**
 * Network security groups that were damaged at random. Loading them never throws, and ends in a group or in a reason why not; and no
 * damage of keys, or of anything but what allows, lets more pass than the intact file does.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DiagnosticLog, decodeSource, formatDiagnostics, hasErrors } from '../../src/file/index.ts'
import { meaning, readSecurityGroup } from '../../src/model/import/nsg/security-group.ts'
import { ip } from '../../src/net/index.ts'
import { derivePolicy, type Point } from '../../src/policy/index.ts'
import type { IpHeaders } from '../../src/wire/index.ts'
import { loadWith, verdictOf } from '../case/network-security-groups/group-network.ts'
import { blocks, type Json, shown, template } from './security-group-files.ts'

const files = { template, shown, blocks } as const
const every = Object.keys(files) as (keyof typeof files)[]

const sources = ['8.8.8.8', '9.9.9.9', '2600::1', '10.16.64.2', '10.16.2.1', '198.51.100.60']
const ports = [22, 80, 443, 3389, 7000, 8000, 8001, 9000]

/** What passes the guest firewall of a VM inward and outward; `undefined` if the file is refused, or said to be not the whole group. */
function opened(value: Json): ReadonlySet<string> | undefined {
  const text = JSON.stringify(value)
  const log = DiagnosticLog()
  const source = decodeSource('g.json', Buffer.from(text), log)
  const group = source && readSecurityGroup(source, { name: 'edge' }, log)
  if (!group) {
    expect(hasErrors(log.entries)).toBe(true)
    return undefined
  }
  if (log.entries.some(({ code }) => code === 'GL1047')) return undefined
  const key = group.rules.map(meaning).join()
  const known = judged.get(key) ?? passing(text)
  judged.set(key, known)
  return known
}

/** By what the rules of a group say. */
const judged = new Map<string, ReadonlySet<string> | undefined>()

function passing(text: string): ReadonlySet<string> | undefined {
  const { network, diagnostics } = loadWith(
    { 'g.json': text },
    { as: 'guest', nsg: { file: 'g.json', name: 'edge' } },
  )
  expect(network === undefined).toBe(hasErrors(diagnostics))
  if (!network) return undefined
  const { points } = derivePolicy(network)
  const found = new Set<string>()
  for (const direction of ['in', 'out']) {
    const point = points.find(({ id }) => id === `west/shop-web-0/guest/${direction}`) as Point
    for (const address of sources)
      for (const protocol of [6, 17, 1])
        for (const port of protocol === 1 ? [0] : ports) {
          const [other, own] = [ip(address), ip(address.includes(':') ? 'fd00:0:16:3::1' : '10.16.64.1')]
          if (protocol === 1 && other.family === 6) continue
          const packet: IpHeaders = {
            kind: 'ip',
            family: other.family,
            source: direction === 'in' ? other : own,
            destination: direction === 'in' ? own : other,
            protocol,
            hopLimit: 64,
            sourcePort: protocol === 1 ? 0 : 40_000,
            destinationPort: port,
            tcpFlags: protocol === 6 ? 2 : 0,
            icmpType: protocol === 1 ? 8 : 0,
            icmpCode: 0,
          }
          if (verdictOf(point, packet) === 'allow') found.add(`${direction} ${address} ${protocol} ${port}`)
        }
  }
  return found
}

const intact = Object.fromEntries(every.map((name) => [name, opened(files[name])])) as Record<
  keyof typeof files,
  ReadonlySet<string>
>

type Path = readonly (string | number)[]

/** Paths of all values in a document, the root's left out. */
const pathsOf = (value: Json, path: Path = []): Path[] =>
  value !== null && typeof value === 'object'
    ? Object.entries(value).flatMap(([key, member]) => {
        const here = [...path, Array.isArray(value) ? Number(key) : key]
        return [here, ...pathsOf(member, here)]
      })
    : []

const at = (value: Json, path: Path): Json =>
  path.reduce((here: Json, step) => (here as { [key: string]: Json })[step] as Json, value)

/** A copy with the holder of the last step changed. */
function changed(
  value: Json,
  path: Path,
  change: (holder: Json[] | { [key: string]: Json }, step: string | number) => void,
): Json {
  const copy = structuredClone(value)
  change(at(copy, path.slice(0, -1)) as Json[], path.at(-1) as number)
  return copy
}

/** Whether the value has something in it that says Deny: what stands around or in a denial may open when it is lost. */
const denies = (value: Json): boolean => JSON.stringify(value).includes('Deny')
const isOfDenial = (root: Json, path: Path): boolean => {
  // The rule around it, if any.
  for (let length = path.length; length > 0; length--) {
    const here = at(root, path.slice(0, length))
    if (here !== null && typeof here === 'object' && 'access' in here) return denies(here)
  }
  return denies(at(root, path))
}
const isOfAllow = (root: Json, path: Path): boolean => {
  if (path[0] === 'variables' || (path[0] === 'parameters' && path[1] !== 'buildingBlocks')) return true
  for (let length = path.length; length > 0; length--) {
    const here = at(root, path.slice(0, length))
    if (here === null || typeof here !== 'object' || Array.isArray(here)) continue
    if ('access' in here) return here.access !== 'Deny'
    if (here.name === 'HTTPS' || here.name === 'SSH') return true
  }
  return false
}

const expectNoMore = (name: keyof typeof files, path: Path, now: ReadonlySet<string> | undefined): void => {
  const more = [...(now ?? [])].filter((sentence) => !intact[name].has(sentence))
  expect({ path: path.join('/'), more }).toEqual({ path: path.join('/'), more: [] })
}

describe('structure of a file', () => {
  it('is understood by the test: the intact files allow what they say', () => {
    expect(intact.template).toContain('in 9.9.9.9 6 443')
    expect(intact.template).toContain('in 2600::1 6 80')
    for (const denied of [
      '8.8.8.8 6 443',
      '9.9.9.9 6 9000',
      '9.9.9.9 6 22',
      '9.9.9.9 6 8000',
      '9.9.9.9 6 7000',
    ])
      expect(intact.template).not.toContain(`in ${denied}`)
    expect(intact.shown).toContain('in 9.9.9.9 6 9000')
    expect(intact.shown).not.toContain('in 8.8.8.8 6 443')
    expect(intact.shown).not.toContain('out 9.9.9.9 6 443')
    expect(intact.blocks).toContain('in 9.9.9.9 6 443')
    expect(intact.blocks).not.toContain('in 8.8.8.8 6 443')
    expect(intact.blocks).not.toContain('in 9.9.9.9 6 3389')
  })

  it.each(every)('%s: no key lets more pass by another name', (name) => {
    for (const path of pathsOf(files[name])) {
      const key = path.at(-1)
      if (typeof key === 'number') continue
      const now = opened(
        changed(files[name], path, (holder, step) => {
          const values = holder as { [key: string]: Json }
          values[`${step}x`] = values[step] as Json
          delete values[step]
        }),
      )
      expectNoMore(name, path, now)
    }
  })

  it.each(every)('%s: what is taken out and denies nothing lets no more pass', (name) => {
    let tried = 0
    for (const path of pathsOf(files[name])) {
      const isOnlyField = !denies(at(files[name], path)) || path.at(-1) === 'access'
      if (!isOnlyField && isOfDenial(files[name], path)) continue
      // A rule by its name alone is for all sources if it names none.
      if (name === 'blocks' && path.at(-1) === 'sourceAddressPrefix' && isOfAllow(files[name], path)) continue
      tried++
      const now = opened(
        changed(files[name], path, (holder, step) => {
          if (Array.isArray(holder)) holder.splice(Number(step), 1)
          else delete holder[step]
        }),
      )
      expectNoMore(name, path, now)
    }
    expect(tried).toBeGreaterThan(20)
  })

  it.each(every)('%s: nonsense as a value of what does not allow lets no more pass', (name) => {
    const nonsense: Json[] = [
      '',
      ' ',
      'none',
      '-1',
      '1e9',
      '99999999',
      null,
      {},
      [],
      true,
      'toString',
      '__proto__',
      '[',
      '[[x]',
      "[parameters('nobody')]",
      '[reference()]',
      '😀',
      0.5,
    ]
    for (const path of pathsOf(files[name])) {
      const value = at(files[name], path)
      if (typeof value === 'object' || isOfAllow(files[name], path)) continue
      for (const wrong of nonsense) {
        const now = opened(
          changed(files[name], path, (holder, step) => {
            ;(holder as { [key: string]: Json })[step] = wrong
          }),
        )
        expectNoMore(name, [...path, '=', JSON.stringify(wrong)], now)
      }
    }
  })
})

describe('bytes of a file', () => {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.oneof(fc.constant(0), fc.nat(4), fc.nat(200)),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc
        .constantFrom(
          ...'{}[],:"\\\'*',
          '//',
          '/*',
          '*/',
          '\\u',
          '"[',
          ']"',
          '\u0000',
          '\ufeff',
          "[variables('name')]",
          'null',
        )
        .map((text) => new TextEncoder().encode(text)),
    ),
  })
  const damage = (bytes: Uint8Array, edits: readonly { at: number; remove: number; insert: Uint8Array }[]) =>
    edits.reduce((now: Uint8Array, { at: place, remove, insert }) => {
      const offset = Math.floor(place * now.length)
      return Buffer.concat([now.subarray(0, offset), insert, now.subarray(offset + remove)])
    }, bytes)

  it.each(every)('%s: a group or diagnostics', (name) => {
    const text = JSON.stringify(files[name], null, 1)
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.boolean(), (edits, isWide) => {
        const bytes = isWide ? Buffer.from(`\ufeff${text}`, 'utf16le') : Buffer.from(text)
        const log = DiagnosticLog()
        const source = decodeSource('g.json', damage(bytes, edits), log)
        const group = source && readSecurityGroup(source, { name: 'edge' }, log)
        expect(group !== undefined).toBe(!hasErrors(log.entries))
        expect(formatDiagnostics(log.entries)).not.toMatch(/\n\s+at /)
        for (const direction of ['in', 'out'])
          if (group)
            expect(group.rules.filter((one) => one.direction === direction).at(-1)?.access).toBe('deny')
      }),
      { numRuns: 1500 },
    )
  })
})
