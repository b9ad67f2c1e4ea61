/** A zone with every kind of name: records of both families, servers, one with nothing but names below it. */
import { ip } from '../../net/index.ts'
import { Type } from '../message.ts'
import { name } from '../name.ts'
import { type Entry, Zone } from '../zone.ts'

const address = (owner: string, text: string): Entry => ({
  name: name(owner),
  type: text.includes(':') ? Type.aaaa : Type.a,
  ttl: 60,
  data: { kind: 'address', address: ip(text) },
})

const server = (owner: string): Entry => ({
  name: name('cloudapp.example'),
  type: Type.ns,
  ttl: 3600,
  data: { kind: 'name', name: name(owner) },
})

export const exampleEntries: readonly Entry[] = [
  {
    name: name('cloudapp.example'),
    type: Type.soa,
    ttl: 3600,
    data: {
      kind: 'soa',
      primary: name('ns1.west.cloudapp.example'),
      mailbox: name('hostmaster.cloudapp.example'),
      serial: 7,
      refresh: 3600,
      retry: 600,
      expire: 604800,
      minimum: 60,
    },
  },
  server('ns1.west.cloudapp.example'),
  server('ns1.east.cloudapp.example'),
  address('ns1.west.cloudapp.example', '203.0.113.53'),
  address('ns1.west.cloudapp.example', '2001:db8:1::53'),
  address('ns1.east.cloudapp.example', '198.51.100.53'),
  address('shop.west.cloudapp.example', '203.0.113.10'),
  address('shop.west.cloudapp.example', '2001:db8:1::10'),
  ...Array.from({ length: 60 }, (_, i) => address('many.west.cloudapp.example', `203.0.113.${i + 100}`)),
  ...Array.from({ length: 5000 }, (_, i) =>
    address('huge.west.cloudapp.example', `10.0.${i >>> 8}.${i & 255}`),
  ),
]

export const exampleZone: Zone = Zone(name('cloudapp.example'), exampleEntries)
