import { describe, expect, it } from 'vitest'
import { Type } from './message.ts'
import { name, nameKey } from './name.ts'
import { exampleEntries, exampleZone } from './testing/example-zone.ts'
import { type Entry, Zone } from './zone.ts'

describe('zone', () => {
  const apex = name('cloudapp.example')
  const soa = exampleEntries[0]!
  const entry = (owner: string, type: number): Entry => ({
    name: name(owner),
    type,
    ttl: 1,
    data: { kind: 'name', name: name('x') },
  })

  it('holds names that have only names below them', () => {
    expect(exampleZone.names.get(nameKey(name('west.cloudapp.example')))?.size).toBe(0)
    expect(exampleZone.names.has(nameKey(name('example')))).toBe(false)
  })
  it('finds names in any case', () => {
    expect(exampleZone.names.get(nameKey(name('SHOP.West.cloudapp.example')))?.get(Type.aaaa)).toHaveLength(1)
  })
  it.each<[string, Entry[], string]>([
    ['no SOA', [], '0 SOA records; give one'],
    ['two SOAs', [soa, soa], '2 SOA records'],
    [
      'a SOA below the apex',
      [soa, { ...soa, name: name('a.cloudapp.example') }],
      'delegations are not served',
    ],
    ['a name outside', [soa, entry('a.example', Type.ptr)], "'a.example' is outside"],
    ['a delegation', [soa, entry('a.cloudapp.example', Type.ns)], 'delegations are not served'],
    ['an alias', [soa, entry('a.cloudapp.example', Type.cname)], 'aliases'],
    ['data of another type', [soa, entry('cloudapp.example', Type.soa)], 'is not of type 6'],
  ])('refuses %s', (_, entries, message) => expect(() => Zone(apex, entries)).toThrow(message))
})
