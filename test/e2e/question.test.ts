/** Questions to a network file: where a packet goes, which rules there are. */
import { afterAll, describe, expect, test } from 'vitest'
import { example, User } from './glacis.ts'

const user = new User()
afterAll(() => user.leave())

const trace = (...args: string[]) => user.json('trace', example, ...args)
const toShop = ['--from', 'internet', '--to', 'shop.west']

describe('trace', () => {
  test('an answered packet: way, translation, deciding rule with its line', async () => {
    const { code, document } = await trace(...toShop, '--dport', '443')
    expect(code).toBe(0)
    expect(document).toMatchObject({
      ok: true,
      outcome: 'answered',
      unanimous: true,
      opening: { from: 'internet', protocol: 'tcp', destination: '198.51.100.2', destinationPort: 443 },
      decider: { rule: { id: 'role/https', action: 'allow' } },
      stops: [],
    })
    expect(document.decider.rule.origin).toMatch(/^examples\/two-sites\/network\.yaml:\d+:\d+$/)
    const [way] = document.forth
    expect(way.end.kind).toBe('delivered')
    expect(way.hops.map(({ node }: { node: string }) => node).slice(0, 1)).toEqual(['internet'])
    expect(way.packet.destinationPort).toBe(8443)
    expect(document.back[0].packet.source).toBe('198.51.100.2')
  })

  test('a silent packet: the rule that denies, and where it comes from', async () => {
    const { code, document } = await trace('--from', 'internet', '--to', '10.16.64.1', '--proto', 'icmp')
    expect(code).toBe(0)
    expect(document.outcome).toBe('silent')
    expect(document.stops[0]).toMatchObject({
      kind: 'denied',
      tier: 'internal-destinations',
      rule: { id: 'destination/internal', action: 'deny' },
    })
    expect(document.stops[0].rule.origin).toMatch(/^template access-router \(examples.*:\d+:\d+\)$/)
  })

  test('for people: the rule, its origin and what comes of it, in this order', async () => {
    const { stdout } = await user.run('trace', example, ...toShop, '--dport', '22')
    expect(stdout).toMatch(/deny +west\/lb1\/external\/in +default: default\/deny/)
    expect(stdout).toMatch(/silent: nothing comes back\n(.*\n)*.*What no rule allows is denied/)
  })

  test('a name with its zone, and IPv6', async () => {
    const { document } = await trace(
      '--from',
      'internet',
      '--to',
      'shop.west.cloudapp.example',
      '--dport',
      '443',
      '--family',
      '6',
    )
    expect(document).toMatchObject({
      outcome: 'answered',
      opening: { family: 6, destination: '2001:db8:16::2' },
    })
  })

  test('a forged source is not let in', async () => {
    const { document } = await trace(...toShop, '--dport', '443', '--source', '10.16.1.3')
    expect(document).toMatchObject({ outcome: 'silent' })
    expect(document.stops[0]).toMatchObject({ tier: 'source-validation' })
  })

  test('--expect makes the exit code the answer', async () => {
    expect(
      await user.run('trace', example, ...toShop, '--dport', '443', '--expect', 'answered'),
    ).toMatchObject({ code: 0 })
    expect(await user.run('trace', example, ...toShop, '--dport', '443', '--expect', 'silent')).toMatchObject(
      { code: 1 },
    )
  })

  test.each<[says: RegExp, args: readonly string[]]>([
    [/did you mean 'internet'\?/, ['--from', 'internett', '--to', 'shop.west', '--dport', '443']],
    [/did you mean 'shop\.west/, ['--from', 'internet', '--to', 'shopp.west', '--dport', '443']],
    [/west\/jump1, east\/jump1/, ['--from', 'jump1', '--to', 'shop.west', '--dport', '443']],
    [/give --dport/, toShop],
    [/0 to 65535/, [...toShop, '--dport', '99999']],
    [/4 or 6/, [...toShop, '--dport', '443', '--family', '5']],
    [/192\.0\.2\.1/, [...toShop, '--dport', '443', '--source', 'nowhere']],
    [/famil|IPv/, [...toShop, '--dport', '443', '--source', '2001:db8::1', '--family', '4']],
    [/--from/, ['--to', 'shop.west', '--dport', '443']],
  ])('a question that is none says %s', async (says, args) => {
    const { code, stderr, document } = await trace(...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(says)
    expect(document).toMatchObject({
      ok: false,
      error: { exitCode: 2, message: expect.stringMatching(says) },
    })
  })
})

describe('rules', () => {
  test('the overview has a line for each point', async () => {
    const { code, stdout } = await user.run('rules', example)
    const { document } = await user.json('rules', example)
    expect(code).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(document.points.length + 1)
  })

  test('one point shows its rules in order, the default last', async () => {
    const { document } = await user.json('rules', example, 'west/ar1/external/in')
    expect(document.points).toHaveLength(1)
    const { rules } = document.points[0]
    expect(rules[0].tier).toBe('shape')
    expect(rules.at(-1)).toMatchObject({ id: 'default/deny', action: 'deny' })
    for (const rule of rules) expect(rule.origin).not.toBe('')
  })

  test('a pattern and a beginning choose several', async () => {
    const ids = async (pattern: string): Promise<readonly string[]> =>
      (await user.json('rules', example, pattern)).document.points.map(({ id }: { id: string }) => id)
    expect(await ids('west/ar1')).toEqual(['west/ar1/external/in', 'west/ar1/internal/in'])
    expect(await ids('*/ar1/external/*')).toEqual(['west/ar1/external/in', 'east/ar1/external/in'])
  })

  test('an unknown point suggests a near one', async () => {
    const { code, stderr } = await user.run('rules', example, 'west/ar1/externl/in')
    expect(code).toBe(2)
    expect(stderr).toContain("did you mean 'west/ar1/external/in'?")
  })
})

describe('nodes', () => {
  const idsOf = async (...args: string[]): Promise<string[]> =>
    (await user.json('nodes', example, ...args)).document.nodes.map(({ id }: { id: string }) => id)

  test('all machines, or those of an id, the beginning of some, a kind, a pattern', async () => {
    expect(await idsOf()).toContain('internet')
    expect(await idsOf('west/host1')).toEqual(['west/host1'])
    expect(await idsOf('west/shop')).toEqual(
      expect.arrayContaining(['west/shop-web-0', 'west/shop-worker-1']),
    )
    expect(await idsOf('balancer')).toEqual(['west/lb1', 'west/lb2', 'east/lb1', 'east/lb2'])
    expect(await idsOf('*/dr1')).toEqual(['west/dr1', 'east/dr1'])
  })
  test('addresses, listeners and the host of a VM', async () => {
    const { document } = await user.json('nodes', example, 'west/shop-web-0')
    expect(document.nodes).toEqual([
      {
        id: 'west/shop-web-0',
        kind: 'vm',
        site: 'west',
        addresses: ['10.16.64.1', 'fd67:6c61:16:64::1'],
        publicAddresses: [],
        vm: { host: 'west/host1', tenant: 'contoso', service: 'shop', role: 'web', instance: 0 },
        listeners: [
          { name: 'https', protocol: 'tcp', port: 8443, application: 'https' },
          { name: 'http', protocol: 'tcp', port: 8080, application: 'http' },
        ],
        lapse: null,
      },
    ])
  })
  test('a slip names what may have been meant', async () => {
    const { code, stderr } = await user.run('nodes', example, 'blancer')
    expect(code).toBe(2)
    expect(stderr).toContain("did you mean 'balancer'?")
  })
})
