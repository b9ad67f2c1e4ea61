import { expect, test } from 'vitest'
import type { ProbeResult } from '../../lab/index.ts'
import { ip } from '../../net/index.ts'
import { defaultDeny } from '../../policy/index.ts'
import { openTerminal } from '../terminal.ts'
import { disagreementsText } from './disagreements.ts'

const { out } = openTerminal({ json: false, environment: { NO_COLOR: '1' } })

const result = (from: string, more: Partial<ProbeResult> = {}, destinationPort = 22): ProbeResult => ({
  probe: {
    opening: {
      from,
      source: ip('10.0.0.1'),
      destination: ip('10.0.0.2'),
      protocol: 'tcp',
      sourcePort: 10_000,
      destinationPort,
    },
    source: 'vm',
    destination: 'host-other',
    target: 'west/host1',
  },
  predicted: 'silent',
  observed: 'answered',
  deciding: { point: 'west/host1/partition/in', tier: 'default', rule: defaultDeny },
  agreed: false,
  reason: 'predicted silent, observed answered',
  ...more,
})

test('probes that one rule was to decide, and that went wrong alike, stand together', () => {
  expect(
    disagreementsText(
      [
        result('a'),
        result('b', { observed: 'refused' }),
        result('longer', {}, 443),
        result('c', { deciding: undefined } as object),
      ],
      out,
    ),
  ).toMatchInlineSnapshot(`
    "✗ 2 probes: predicted silent, observed answered
      decided by default/deny (default) at west/host1/partition/in, built-in default
        a       → west/host1  tcp 10.0.0.2 port 22
        longer  → west/host1  tcp 10.0.0.2 port 443

    ✗ 1 probe: predicted silent, observed refused
      decided by default/deny (default) at west/host1/partition/in, built-in default
        b  → west/host1  tcp 10.0.0.2 port 22

    ✗ 1 probe: predicted silent, observed answered
      decided by no rule: no enforcement point is on the way
        c  → west/host1  tcp 10.0.0.2 port 22"
  `)
})

test('what a file is called does not steer the terminal', () => {
  const at = { file: 'a\u001b[2J\u202eb.yaml', line: 1, column: 1, length: 1 }
  const rule = { ...defaultDeny, origin: { kind: 'file' as const, at } }
  const hostile = result('a', { deciding: { point: 'p', tier: 't', rule } })
  expect(disagreementsText([hostile], out)).toContain('a·[2J·b.yaml:1:1')
})

test('outcomes that are alike are no reason: the drop that was missed is', () => {
  const missed = result('a', {
    observed: 'silent',
    reason: 'west/host1/partition/in x was to drop it and did not',
  })
  expect(disagreementsText([missed], out)).toMatch(/^✗ 1 probe: west\/host1\/partition\/in x was to drop it/)
})

test('of very many, the first of each kind and how many more there are', () => {
  const many = Array.from({ length: 20 }, (_, i) => result(`vm${i}`))
  const text = disagreementsText(many, out)
  expect(text).toContain('✗ 20 probes:')
  expect(text).toContain('… and 14 more')
  expect(text).not.toContain('vm19')
})
