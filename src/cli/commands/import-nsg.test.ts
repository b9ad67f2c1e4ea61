import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseNetwork } from '../../model/index.ts'
import { smallNetwork } from '../../model/testing/small-network.ts'
import { main } from '../main.ts'

async function run(...argv: string[]) {
  let out = ''
  let err = ''
  const exitCode = await main(['import', 'nsg', ...argv], {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
  })
  return { exitCode, out, err }
}

const tables = `groups: { front-end: [10.16.64.9] }
tags: { Storage: [192.0.2.0/24] }
`
const rule = (name: string, priority: number, more: object) => ({
  name,
  properties: {
    protocol: 'Tcp',
    sourcePortRange: '*',
    destinationPortRange: '*',
    sourceAddressPrefix: '*',
    destinationAddressPrefix: '*',
    access: 'Allow',
    direction: 'Inbound',
    priority,
    ...more,
  },
})
const template = {
  parameters: { port: { type: 'int' } },
  resources: [
    {
      type: 'Microsoft.Network/networkSecurityGroups',
      name: 'front',
      properties: {
        securityRules: [
          rule('Web_Traffic', 300, {
            destinationPortRange: "[string(parameters('port'))]",
            description: 'It: is "open" #1.',
          }),
          rule('storage', 110, { sourceAddressPrefix: 'storage', access: 'Deny', protocol: '*' }),
          rule('1st', 100, {
            sourceAddressPrefix: null,
            sourceApplicationSecurityGroups: [{ id: '/x/applicationSecurityGroups/Front_End' }],
            destinationPortRange: '',
            destinationPortRanges: ['22', '8000-8010'],
          }),
          rule('many', 400, {
            protocol: 'Udp',
            sourceAddressPrefix: null,
            sourceAddressPrefixes: Array.from(
              { length: 300 },
              (_, i) => `198.51.${100 + (i >> 8)}.${i % 256}/32`,
            ),
          }),
          rule('out', 100, {
            direction: 'Outbound',
            access: 'Deny',
            destinationAddressPrefix: 'VIRTUALNETWORK',
            protocol: 'Icmp',
          }),
        ],
      },
    },
    { type: 'Microsoft.Network/networkSecurityGroups', name: 'back' },
  ],
}

describe('glacis import nsg', () => {
  let directory = ''
  const path = (name: string) => join(directory, name)
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'glacis-nsg-'))
    writeFileSync(path('t.json'), JSON.stringify(template))
    writeFileSync(path('p.json'), JSON.stringify({ parameters: { port: { value: 8443 } } }))
    writeFileSync(path('bad.json'), '{ "securityRules": [ {} ] }')
  })
  afterAll(() => rmSync(directory, { recursive: true }))
  const choice = () => [path('t.json'), '--name', 'front', '--parameters', path('p.json')]

  /** Rules of the network in which the text stands, without their places. */
  const rulesOf = (text: string, kind: 'guest' | 'acl') => {
    const { network, diagnostics } = parseNetwork(`${text}${tables}`)
    expect(diagnostics).toEqual([])
    const filters = network?.sites[0]?.filters
    const filter = kind === 'acl' ? filters?.operatorAcl : filters?.guests['shop web']?.filter
    expect(filter?.rules.length).toBeGreaterThan(6)
    return filter?.rules.map(({ at: _, ...one }) => one)
  }

  it('prints guest rules that mean what the group means there', async () => {
    const { exitCode, out } = await run(...choice())
    expect(exitCode).toBe(0)
    const inline = out.replace(/^/gm, '          ')
    const guest = (text: string) =>
      smallNetwork.replace('        kind: web\n', `        kind: web\n        guest:\n${text}\n`)
    const reference = JSON.stringify({ file: path('t.json'), name: 'front', parameters: path('p.json') })
    expect(rulesOf(guest(inline), 'guest')).toEqual(rulesOf(guest(`          nsg: ${reference}`), 'guest'))
  })

  it('prints an operator’s list that means what the group means there', async () => {
    const { out } = await run(...choice(), '--as', 'acl')
    const inline = out
      .replace(/^#.*\n/, '')
      .replace('rules:', 'acl-rules:')
      .replace(/^/gm, '    ')
    const acl = (text: string) => smallNetwork.replace('    hosts: 2\n', `    hosts: 2\n${text}\n`)
    const reference = JSON.stringify({
      nsg: { file: path('t.json'), name: 'front', parameters: path('p.json') },
    })
    expect(rulesOf(acl(inline), 'acl')).toEqual(rulesOf(acl(`    acl: ${reference}`), 'acl'))
  })

  it('gives as JSON what it read, in order', async () => {
    const { out } = await run(...choice(), '--json')
    const { ok, group, diagnostics } = JSON.parse(out)
    expect({ ok, diagnostics, name: group.name }).toEqual({ ok: true, diagnostics: [], name: 'front' })
    const names = group.securityRules.map(({ name }: { name: string }) => name)
    expect(names).toEqual([
      ...['1st', 'storage', 'Web_Traffic', 'many'],
      ...['AllowVnetInBound', 'AllowAzureLoadBalancerInBound', 'DenyAllInBound'],
      ...['out', 'AllowVnetOutBound', 'AllowInternetOutBound', 'DenyAllOutBound'],
    ])
    expect(group.securityRules[0]).toMatchObject({
      source: { addresses: [{ kind: 'asg', name: 'Front_End' }], ports: [] },
      destination: {
        ports: [
          { first: 22, last: 22 },
          { first: 8000, last: 8010 },
        ],
      },
      line: 1,
    })
  })

  it.each([
    ['t.json', [], /name one of 'front', 'back'/],
    ['t.json', ['--name', 'front'], /parameter 'port' has no value/],
    ['t.json', ['--name', 'fron'], /did you mean 'front'/],
    ['t.json', ['--name', 'front', '--parameters', 'nowhere.json'], /no such file/],
    ['bad.json', [], /GL1044/],
    ['nowhere.json', [], /no such file/],
  ])('refuses %s %j', async (file, options, message) => {
    const { exitCode, err, out } = await run(path(file), ...options, '--json')
    expect(exitCode).toBe(2)
    expect(err).toMatch(message)
    expect(JSON.parse(out)).toMatchObject({ ok: false, rules: null, group: null })
  })
})
