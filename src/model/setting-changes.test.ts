import { readFileSync } from 'node:fs'
import { expect, it, test } from 'vitest'
import { readFileBounded } from '../file/index.ts'
import { parseNetwork } from './load.ts'
import type { Network } from './network.ts'
import { settingChanges } from './setting-changes.ts'

const file = 'examples/two-sites/network.yaml'
const text = readFileSync(file, 'utf8')

function network(from?: string, to = ''): Network {
  if (from !== undefined && !text.includes(from)) throw new Error(`the example does not say ${from}`)
  const loaded = parseNetwork(from === undefined ? text : text.replace(from, to), {
    file,
    readFile: readFileBounded,
  })
  if (!loaded.network) throw new Error(JSON.stringify(loaded.diagnostics))
  return loaded.network
}

const example = network()

test('of a network and itself nothing is another', () => {
  expect(settingChanges(example, network())).toEqual([])
})

it.each([
  ['network: two-sites', 'network: two-towns', ['network: two-sites → two-towns']],
  ['zone: cloudapp', 'zone: cloud', ['zone: cloudapp.example → cloud.example']],
  [
    'isps: 10 Gbit/s,',
    'isps: 10.001 Gbit/s,',
    ['west', 'east'].map((site) => `capacity of isps in ${site}: 10 Gbit/s → 10.001 Gbit/s`),
  ],
  [
    "balancers: '4 Gbit/s, 2 Mpps', ",
    '',
    ['west', 'east'].map((site) => `capacity of balancers in ${site}: 4 Gbit/s, 2 Mpps → gone`),
  ],
  [
    'out: 2.5 Gbit/s',
    'out: 2.6 Gbit/s',
    [
      'demand of tickets/Front/Https: 200 Mbit/s in, 2.5 Gbit/s out, packets of 800 bytes → 200 Mbit/s in, 2.6 Gbit/s out, packets of 800 bytes',
    ],
  ],
  ['availability: 99.95%', 'availability: 99.9501%', ['availability of tickets: 99.95% → 99.9501%']],
  [
    'availability: { isps: 99.9%, ',
    'availability: { balancers: 99.95%, ',
    ['west', 'east'].map((site) => `availability of balancers in ${site}: 99.99% → 99.95%`),
  ],
])('%s becomes %s', (from, to, said) => {
  const [forth, back] = [
    settingChanges(example, network(from, to)),
    settingChanges(network(from, to), example),
  ]
  expect(forth.map(({ name, was, is }) => `${name}: ${was ?? 'new'} → ${is ?? 'gone'}`)).toEqual(said)
  expect(back.map(({ name, was, is }) => ({ name, was: is, is: was }))).toEqual(
    forth.map(({ name, was, is }) => ({ name, was, is })),
  )
})

test('what is said of a site or service that goes is no setting that changes', () => {
  const changes = settingChanges(example, { ...example, sites: example.sites.slice(1), services: [] })
  expect(changes).toEqual([])
})
