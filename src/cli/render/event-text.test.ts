import { expect, it } from 'vitest'
import type { EventJson } from '../../observe/index.ts'
import { openTerminal } from '../terminal.ts'
import { eventText } from './event-text.ts'
import { liveTraceText } from './live-trace-text.ts'

const { out } = openTerminal({ json: false, environment: { NO_COLOR: '1' } })

const event: EventJson = {
  time: '2026-03-01T10:00:00.103456Z',
  node: 'west/web-0',
  interface: 'eth0',
  direction: 'in',
  event: 'drop',
  verdict: 'deny',
  point: 'west/web-0/guest/in',
  pointKind: 'guest',
  tier: 'guest',
  rule: 'guest/closed',
  origin: 'a\u001b[2J\u202eb.yaml:1:1',
  why: 'Closed.',
  claimed: true,
  packet: { summary: 'IP 10.0.0.1 > 10.0.0.2: odd', odd: 'truncated' },
  length: 60,
  frame: '',
}

it('an event says where, what and why, and that a machine only claims it', () => {
  expect(eventText(event, out)).toBe(
    [
      '10:00:00.103456 west/web-0 in eth0  deny  IP 10.0.0.1 > 10.0.0.2: odd',
      '    guest/closed (guest) at west/web-0/guest/in, a·[2J·b.yaml:1:1 (claimed by the machine)',
    ].join('\n'),
  )
  expect(eventText({ ...event, claimed: false }, out)).not.toContain('claimed')
})

it('so does a live trace', () => {
  const steps = [{ way: 'forth' as const, predicted: true, event }]
  const text = liveTraceText(
    {
      name: 'small',
      mode: 'kernel',
      observed: 'silent',
      detail: null,
      steps,
      agrees: false,
      differences: ['said \u001b[31m'],
    } as unknown as Parameters<typeof liveTraceText>[0],
    out,
  )
  expect(text).toContain('a·[2J·b.yaml:1:1; claimed by the machine')
  expect(text).toContain('said ·[31m')
})
