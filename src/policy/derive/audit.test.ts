import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { auditableTiers } from '../../model/check/audit.ts'
import { parseNetwork } from '../../model/index.ts'
import { isAuditable, isDefaultAudited } from '../audit.ts'
import { rulesOf } from '../policy.ts'
import { derivePolicy } from './index.ts'

const example = 'examples/two-sites/network.yaml'

function derived(audit: string) {
  const text = readFileSync(example, 'utf8').replace('    hosts: 3\n', `    hosts: 3\n    audit: ${audit}\n`)
  const { network, diagnostics } = parseNetwork(text, { file: example })
  return { network, diagnostics, policy: network && derivePolicy(network) }
}

describe('audit mode in the network file', () => {
  it('knows every tier that is derived (a new one is to be named in model/check/audit.ts), and no other', () => {
    const list = '[]\n    acl-rules: [{ name: telnet, deny: in, ports: 23 }]'
    const points = derived(list).policy?.points ?? []
    const tiers = new Set(
      points.flatMap(({ kind, tiers }) =>
        tiers.flatMap((tier) => (isAuditable(tier) ? [`${kind}/${tier.name}`] : [])),
      ),
    )
    // It allows answers, and never denies.
    tiers.delete('host/service-replies')
    const named = Object.entries(auditableTiers).flatMap(([kind, names]) => names.map((n) => `${kind}/${n}`))
    expect([...tiers].sort()).toEqual(named.sort())
  })

  it('puts tiers and default denials of their kind into audit mode, shared ones together', () => {
    const { policy } = derived('[hypervisor/machine-config, host/default]')
    const audited = policy?.points.flatMap((point) =>
      rulesOf(point).flatMap((place) =>
        place.audited ? [`${point.kind} ${place.tier}/${place.rule.id}`] : [],
      ),
    )
    expect([...new Set(audited)]).toEqual([
      'hypervisor machine-config/machine/host-services',
      'hypervisor machine-config/machine/routers',
      'hypervisor machine-config/machine/internal',
      'hypervisor machine-config/machine/bogon',
      'host default/default/deny',
    ])
    const west = policy?.points.filter(({ id }) => /^west.*\/vm\/.*\/out$/.test(id)) ?? []
    expect(new Set(west.map(({ tiers }) => tiers.find(({ name }) => name === 'machine-config'))).size).toBe(1)
    expect(policy?.points.filter((p) => isDefaultAudited(p) && p.kind !== 'host')).toEqual([])
  })

  it('warns of single rules too', () => {
    const list = '[]\n    acl-rules: [{ name: telnet, deny: in, ports: 23, audit: true }]'
    expect(derived(list).diagnostics.map(({ severity, message }) => `${severity} ${message}`)).toEqual([
      "warning rule 'telnet' is in audit mode: what it would deny passes",
    ])
  })

  it('warns of each, and refuses names that are none', () => {
    expect(derived('[host/default]').diagnostics.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'warning GL2051',
    ])
    const { network, diagnostics } = derived('[host/defualt, everything]')
    expect(network).toBeUndefined()
    expect(diagnostics.map(({ code, hint }) => `${code} ${hint}`)).toEqual([
      "GL2050 did you mean 'host/default'?",
      expect.stringContaining('GL2050 tiers are: access-router/source-validation'),
    ])
  })
})
