/**
 * Real files, where they are at hand: each group in them loads, or is refused for a reason that is known to be right. The folder is not
 * part of the repository; `GLACIS_NSG_CORPUS` names another than `../shared/data/nsg`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadWith } from './group-network.ts'

const corpus = process.env.GLACIS_NSG_CORPUS ?? '../shared/data/nsg'
const isThere = existsSync(corpus)
const files = isThere
  ? (readdirSync(corpus, { recursive: true }) as string[]).filter((file) => file.endsWith('.json')).toSorted()
  : []

/** Groups of files that have several, or that say only when they are deployed what their group is called. */
const noValue = (parameter: string) => `GL1043 parameter '${parameter}' has no value`
const refused: Readonly<Record<string, string>> = {
  // How many regions there are is given when it is deployed.
  'ethereum-consortium-blockchain-poa__common__nested__network-resources.json': noValue('regionCount'),
  // Their prefixes are made of the number of a member of a consortium.
  'ethereum-consortium-blockchain__marketplace__JoiningMember__mainTemplate.json':
    noValue('consortiumMemberId'),
}
/** Service tags of Azure that these files use; where they have none here they are refused. */
const tags = '{ GatewayManager: [10.16.0.0/24], AzureCloud: [10.16.1.0/24] }'

function reasons(file: string, name: string | undefined, withTags = true): readonly string[] {
  const { diagnostics } = loadWith(
    { 'g.json': readFileSync(join(corpus, file)) },
    {
      as: 'guest',
      nsg: name === undefined ? 'g.json' : { file: 'g.json', name },
      more: withTags ? `tags: ${tags}\n` : '',
    },
  )
  return diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ code, message, hint }) => `${code} ${message}${code === 'GL1042' ? `: ${hint}` : ''}`)
}

/** Names that the refusal to guess one of several groups gives. */
function namesIn(file: string): readonly (string | undefined)[] {
  const [reason] = reasons(file, undefined)
  const names = reason?.startsWith('GL1042')
    ? [...reason.matchAll(/'([^']+)'(?=,|$)/g)].map(([, name]) => name)
    : []
  // Names may themselves be expressions with quotes.
  return names.length > 0 ? names : [undefined]
}

describe.skipIf(!isThere)('the files at hand', () => {
  it('are there', () => expect(files.length).toBeGreaterThan(20))

  it.each(files)('%s', (file) => {
    const reason = Object.entries(refused).find(([name]) => file.endsWith(name))?.[1]
    if (reason?.includes('consortiumMemberId')) {
      for (const variable of ['mnNsgName', 'txNsgName']) {
        const found = reasons(file, `[variables('${variable}')]`)
        expect(found.length).toBeGreaterThan(0)
        for (const one of found) expect(one).toContain(reason)
      }
    } else if (reason !== undefined)
      expect(reasons(file, undefined)).toEqual([expect.stringContaining(reason)])
    else
      for (const name of namesIn(file))
        expect({ name, reasons: reasons(file, name) }).toEqual({ name, reasons: [] })
  })

  it('are refused where a tag has no meaning', () => {
    const [file] = files.filter((name) => name.includes('secure-vnet-dmz'))
    const found = reasons(file as string, 'ra-bastion-nsg', false)
    expect(found.length).toBeGreaterThan(2)
    for (const one of found) expect(one).toMatch(/^GL2107 the service tag '(GatewayManager|AzureCloud)'/)
  })
})
