import { expect, it } from 'vitest'
import { hostServices, parseNetwork } from '../../model/index.ts'
import { smallNetwork } from '../../model/testing/small-network.ts'
import { formatIp } from '../../net/index.ts'
import { judge } from '../evaluate.ts'
import { formatOrigin } from '../origin.ts'
import { pointById } from '../policy.ts'
import { flow, packet } from '../testing/sample.ts'
import { derivePolicy } from './index.ts'

const acl = `rules:
  - { name: partners, allow: in, protocol: tcp, from: partners, ports: 8443 }
  - { name: closed, deny: in, protocol: tcp, ports: 8443, why: Partners only. }
  - { name: replies, allow: out, established: true }
  - { name: mail, deny: out, protocol: tcp, ports: 25 }
  - { name: inside, allow: in, to: internal }
`
const { network, diagnostics } = parseNetwork(
  `${smallNetwork.replace('    hosts: 2\n', '    hosts: 2\n    acl: acl.yaml\n')}groups:\n  partners: [8.8.8.0/24, "2001:4860::/32"]\n`,
  { readFile: () => new TextEncoder().encode(acl) },
)

/** Tier and rule that decide about TCP at the access router. */
function says(side: 'external' | 'internal', from: string, to: string, tcpFlags = 0x02): string {
  const point = network && pointById(derivePolicy(network), `west/ar1/${side}/in`)
  if (!point) throw new Error('the network does not load')
  const decision = judge(point, packet(flow('tcp', from, to), { tcpFlags }), { now: 0n })
  return decision.verdict === 'pass-by'
    ? 'pass-by'
    : `${decision.verdict} ${decision.tier}: ${decision.rule.id}`
}

it('the network loads, with a warning of the rule that meets nothing', () =>
  expect(diagnostics.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['warning GL2121']))

it.each([
  ['external', '8.8.8.8 1000', '198.51.100.1 8443', 'allow vips-only: vip/pool'],
  ['external', '2001:4860::1 1000', '2001:db8:16::1 8443', 'allow vips-only: vip/pool'],
  ['external', '9.9.9.9 1000', '198.51.100.1 8443', 'deny operator-acl: operator/closed'],
  ['external', '2001:4861::1 1000', '2001:db8:16::1 8443', 'deny operator-acl: operator/closed'],
  ['external', '9.9.9.9 1000', '198.51.100.1 445', 'deny platform-acl: platform/smb'],
  // An operator cannot open what the perimeter closes.
  ['external', '9.9.9.9 1000', '10.16.1.1 80', 'deny internal-destinations: destination/internal'],
  ['external', '9.9.9.9 1000', '198.51.100.66 80', 'deny default: default/deny'],
  ['internal', '198.51.100.1 1000', '9.9.9.9 25', 'deny operator-acl: operator/mail'],
  ['internal', '198.51.100.1 1000', '9.9.9.9 445', 'deny platform-acl: platform/smb-out'],
  ['internal', '198.51.100.1 1000', '9.9.9.9 443', 'allow outbound: outbound/any'],
] as const)('%s: %s to %s', (side, from, to, expected) => expect(says(side, from, to)).toBe(expected))

it('a stateless list meets replies too, unless a rule lets established TCP pass', () => {
  expect(says('internal', '198.51.100.1 1000', '9.9.9.9 25', 0x10)).toBe('allow outbound: outbound/any')
  expect(says('internal', '198.51.100.1 1000', '9.9.9.9 25', 0x04)).toBe('allow outbound: outbound/any')
  expect(says('external', '9.9.9.9 1000', '198.51.100.1 8443', 0x10)).toBe(
    'deny operator-acl: operator/closed',
  )
})

it('rules name the line of their file, and the site that has it', () => {
  const point = network && pointById(derivePolicy(network), 'west/ar1/external/in')
  const rules = point?.tiers.flatMap((tier) => (tier.kind === 'rules' ? tier.rules : [])) ?? []
  const closed = rules.find(({ id }) => id === 'operator/closed')
  expect(closed && formatOrigin(closed.origin)).toMatch(
    /^acl\.yaml:3:13 \(operator-acl of network\.yaml:\d+:\d+\)$/,
  )
})

it.each([smallNetwork, smallNetwork.replace('fd00::/32', 'fd00::/8')])(
  'no address of a host service comes from outside, whether it is inside or not',
  (text) => {
    const { network } = parseNetwork(text)
    const point = network && pointById(derivePolicy(network), 'west/ar1/external/in')
    if (!point) throw new Error('the network does not load')
    for (const address of hostServices.flatMap(({ addresses }) => addresses)) {
      const vip = address.family === 4 ? '198.51.100.1' : '2001:db8:16::1'
      const asked = packet(flow('tcp', `${formatIp(address)} 1000`, `${vip} 80`), { tcpFlags: 0x02 })
      expect(judge(point, asked, { now: 0n })).toMatchObject({ verdict: 'deny', tier: 'source-validation' })
    }
  },
)
