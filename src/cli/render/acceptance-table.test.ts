import { expect, test } from 'vitest'
import type { ProbeResult } from '../../lab/index.ts'
import { type Ip, parseIp } from '../../net/index.ts'
import type { DestinationKind, Outcome, SourceKind } from '../../trace/index.ts'
import { openTerminal } from '../terminal.ts'
import { acceptanceTable } from './acceptance-table.ts'

const terminal = openTerminal({ json: false, environment: { NO_COLOR: '1' } })

interface Probe {
  readonly source: SourceKind
  readonly destination: DestinationKind
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  readonly observed: Outcome
  readonly predicted?: Outcome
  readonly family?: 4 | 6
}

function result({
  source,
  destination,
  protocol,
  observed,
  predicted = observed,
  family = 4,
}: Probe): ProbeResult {
  const address = parseIp(family === 4 ? '192.0.2.1' : '2001:db8::1') as Ip
  const opening = {
    from: source,
    source: address,
    destination: address,
    protocol,
    sourcePort: 1,
    destinationPort: 2,
  }
  const probe = { opening, source, destination, target: destination }
  return { probe, predicted, observed, agreed: predicted === observed }
}

const grid = (probes: readonly Probe[]): readonly string[] =>
  acceptanceTable(probes.map(result), terminal).split('\n\n')[0]?.split('\n') ?? []

test('a mark for each protocol, sources down, destinations across', () => {
  const lines = grid([
    { source: 'vm', destination: 'vip-open', protocol: 'tcp', observed: 'answered' },
    { source: 'vm', destination: 'vip-open', protocol: 'udp', observed: 'refused' },
    { source: 'vm', destination: 'vip-open', protocol: 'icmp', observed: 'silent' },
    { source: 'internet', destination: 'vip-closed', protocol: 'tcp', observed: 'silent' },
    {
      source: 'internet',
      destination: 'fabric-controller',
      protocol: 'icmp',
      observed: 'answered',
      predicted: 'silent',
    },
  ])
  expect(lines).toEqual([
    '             VIP          infrastructure',
    'from ↓ to →  open  other  FC',
    'internet           ·        ✗',
    'VM           ●○·',
  ])
})

test('one wrong probe among many makes the cell wrong', () => {
  const good: Probe = { source: 'vm', destination: 'vm', protocol: 'tcp', observed: 'answered' }
  expect(grid([good, good, { ...good, observed: 'silent', predicted: 'answered' }]).at(-1)).toBe(
    'VM           ✗',
  )
})

test('ports that answer and ports that are silent share a cell', () => {
  const answered: Probe = { source: 'vm', destination: 'vm', protocol: 'tcp', observed: 'answered' }
  expect(grid([answered, { ...answered, observed: 'silent' }]).at(-1)).toBe('VM           ◐')
})

test('families are shown apart only where they differ', () => {
  const four: Probe = { source: 'vm', destination: 'vm', protocol: 'tcp', observed: 'answered' }
  expect(grid([four, { ...four, family: 6 }]).at(-1)).toMatch(/ ●$/)
  expect(grid([four, { ...four, family: 6, observed: 'silent' }]).at(-1)).toMatch(/ ● {0,2}\/·$/)
})

test('where the terminal is too narrow, sources go across', () => {
  const narrow = { ...terminal, columns: 15 }
  const text = acceptanceTable(
    [result({ source: 'internet', destination: 'distribution-router', protocol: 'tcp', observed: 'silent' })],
    narrow,
  )
  expect(text).toContain('to ↓ from →')
  expect(text).toMatch(/^distribution router +·/m)
})
