import { describe, expect, it } from 'vitest'
import { type AgentRequest, isForwarded } from './exchange.ts'

const asking = (...names: readonly string[]): AgentRequest => ({
  method: 'GET',
  path: '/metadata/instance',
  query: new URLSearchParams(),
  headers: new Map(names.map((name) => [name, name === 'metadata' ? 'true' : ''])),
  body: '',
})

describe('a request that somebody passed on', () => {
  it.each([
    'forwarded',
    'via',
    'x-forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-port',
    'x-forwarded-client-cert',
    'x-forwarded-nobody-knows-yet',
    'x-original-forwarded-for',
    'x-original-host',
    'x-envoy-external-address',
    'x-real-ip',
    'x-client-ip',
    'x-azure-clientip',
    'true-client-ip',
    'cf-connecting-ip',
    'cdn-loop',
    'x-originating-ip',
    'x-host',
    'x-rewrite-url',
    'x_forwarded_for',
    'x-forwarded_for',
    'x_real_ip',
    'proxy-connection',
  ])('is known by %s', (name) => {
    expect(isForwarded(asking('metadata', name))).toBe(true)
  })

  it.each([
    [[]],
    [['metadata']],
    // What clients send for themselves, and names that only look alike.
    [
      [
        'host',
        'user-agent',
        'accept',
        'x-ms-version',
        'x-ms-agent-name',
        'x-request-id',
        'x-forward',
        'xvia',
      ],
    ],
  ])('is not one with %j', (names) => {
    expect(isForwarded(asking(...names))).toBe(false)
  })
})
