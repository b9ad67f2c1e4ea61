import { describe, expect, it } from 'vitest'
import { formatPrefix, ip, type Prefix, prefix, prefixContains, prefixesOverlap } from '../net/index.ts'
import { bogonsWithout, specialPurpose } from './bogons.ts'

const holds = (prefixes: readonly Prefix[], text: string) => prefixes.some((p) => prefixContains(p, ip(text)))

describe('bogons', () => {
  it('are disjoint', () => {
    specialPurpose.forEach((a, index) => {
      for (const b of specialPurpose.slice(index + 1))
        expect(prefixesOverlap(a, b), `${formatPrefix(a)} ${formatPrefix(b)}`).toBe(false)
    })
  })

  it.each([
    '10.1.2.3',
    '127.0.0.1',
    '255.255.255.255',
    '100.127.0.1',
    '::1',
    '::ffff:8.8.8.8',
    'fd00::1',
    'fe80::1',
    '168.63.129.16',
    '169.254.169.254',
    'fd00:a83f:8110::1',
    'fd00:a9fe:a9fe::1',
  ])('hold %s', (text) => expect(holds(specialPurpose, text)).toBe(true))

  it.each([
    '8.8.8.8',
    '168.63.129.15',
    '168.63.129.17',
    '172.32.0.1',
    '100.128.0.1',
    '2001:4860::1',
    '2a00::1',
  ])('do not hold %s', (text) => expect(holds(specialPurpose, text)).toBe(false))

  it('leave out exactly what the network has in public', () => {
    const rest = bogonsWithout([prefix('198.51.100.64/26'), prefix('2001:db8:16::/48')])
    expect(holds(rest, '198.51.100.63')).toBe(true)
    expect(holds(rest, '198.51.100.64')).toBe(false)
    expect(holds(rest, '198.51.100.127')).toBe(false)
    expect(holds(rest, '198.51.100.128')).toBe(true)
    expect(holds(rest, '2001:db8:15:ffff::')).toBe(true)
    expect(holds(rest, '2001:db8:16::1')).toBe(false)
    expect(rest.filter((p) => prefixesOverlap(p, prefix('198.51.100.0/24'))).map(formatPrefix)).toEqual([
      '198.51.100.0/26',
      '198.51.100.128/25',
    ])
  })
})
