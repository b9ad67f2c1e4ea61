/**
 * The emitted script, read back and judged by Windows' precedence (a block wins over every allow, then the default), says of the first
 * packet of a flow what the evaluator says.
 */
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { tierOf, tierShape } from '../../src/dataplane/testing/arbitrary-point.ts'
import { Draw } from '../../src/dataplane/testing/draw.ts'
import { drawAddress, drawPool, drawPort, type Pool } from '../../src/dataplane/testing/pool.ts'
import { emitWindowsFirewall, UnsayableError } from '../../src/firewall/index.ts'
import { parsePortRange, parsePrefix, portInRange, prefixContains } from '../../src/net/index.ts'
import {
  defaultDeny,
  FlowTable,
  flowTier,
  judge,
  type Point,
  type RuleTier,
  shapeTier,
} from '../../src/policy/index.ts'
import { type IpHeaders, isIcmpError } from '../../src/wire/index.ts'

/** Parameters of a New-NetFirewallRule line by name; lists as lists. */
type Written = ReadonlyMap<string, readonly string[]>

function readScript(script: string): readonly Written[] {
  return script
    .split('\n')
    .filter((line) => line.startsWith('New-NetFirewallRule'))
    .map((line) => {
      const words = new Map<string, readonly string[]>()
      for (const [, name = '', value = ''] of line.matchAll(
        /-([A-Z]\w+) ((?:'(?:[^']|'')*'|[\w$]+)(?:,'(?:[^']|'')*')*)/g,
      ))
        words.set(
          name,
          Array.from(
            value.matchAll(/'((?:[^']|'')*)'|([\w$]+)/g),
            ([, text, word]) => text?.replaceAll("''", "'") ?? (word as string),
          ),
        )
      return words
    })
}

const protocols: Readonly<Record<string, number>> = { TCP: 6, UDP: 17, ICMPv4: 1, ICMPv6: 58 }

function holds(rule: Written, packet: IpHeaders, direction: Point['direction']): boolean {
  const inward = direction === 'in'
  const addresses = {
    Local: inward ? packet.destination : packet.source,
    Remote: inward ? packet.source : packet.destination,
  }
  const ports = {
    Local: inward ? packet.destinationPort : packet.sourcePort,
    Remote: inward ? packet.sourcePort : packet.destinationPort,
  }
  const [protocol] = rule.get('Protocol') ?? []
  if (protocol !== undefined && (protocols[protocol] ?? Number(protocol)) !== packet.protocol) return false
  const [type, code] = rule.get('IcmpType')?.[0]?.split(':').map(Number) ?? []
  if (type !== undefined && type !== packet.icmpType) return false
  if (code !== undefined && code !== packet.icmpCode) return false
  return (['Local', 'Remote'] as const).every((side) => {
    const prefixes = rule.get(`${side}Address`)
    const ranges = rule.get(`${side}Port`)
    return (
      (!prefixes || prefixes.some((text) => prefixContains(parsePrefix(text)!, addresses[side]))) &&
      (!ranges || ranges.some((text) => portInRange(parsePortRange(text)!, ports[side])))
    )
  })
}

function windowsVerdict(
  rules: readonly Written[],
  packet: IpHeaders,
  direction: Point['direction'],
): 'allow' | 'deny' {
  const named = direction === 'in' ? 'Inbound' : 'Outbound'
  const matching = rules.filter(
    (rule) => rule.get('Direction')?.[0] === named && holds(rule, packet, direction),
  )
  if (matching.some((rule) => rule.get('Action')?.[0] === 'Block')) return 'deny'
  return matching.length > 0 ? 'allow' : 'deny'
}

/** Rules without what Windows has no words for. */
function drawPoints(d: Draw, pool: Pool): readonly Point[] {
  const rules = (name: string): RuleTier => {
    const [shape] = fc.sample(tierShape, { seed: d.word() | 0, numRuns: 1 })
    const tier = tierOf(shape ?? [], name, pool)
    return {
      ...tier,
      rules: tier.rules
        .filter(({ action }) => action !== 'next')
        .map((rule) => {
          const { tcpFlags: _, icmpCode, ...match } = rule.match
          return {
            ...rule,
            match: { ...match, ...(match.icmpType !== undefined && icmpCode !== undefined && { icmpCode }) },
          }
        }),
    }
  }
  return (['in', 'out'] as const).map((direction) => ({
    id: `node/native/${direction}`,
    kind: 'native-host',
    node: 'node',
    interfaces: ['eth0'],
    direction,
    flow: { table: 'native', heading: direction === 'in' ? 'to-local' : 'from-local' },
    tiers: [
      shapeTier,
      flowTier,
      ...Array.from({ length: d.between(1, 2) }, (_, index) => rules(`rules-${index}`)),
    ],
    defaultDeny,
  }))
}

/** The first packet of a flow. */
function drawOpening(d: Draw, pool: Pool): IpHeaders {
  const family = d.pick([4, 6] as const)
  const protocol = d.pick([6, 6, 17, 17, family === 4 ? 1 : 58, 47])
  const ported = protocol === 6 || protocol === 17
  const icmp = protocol === 1 || protocol === 58
  return {
    kind: 'ip',
    family,
    source: drawAddress(d, pool, family),
    destination: drawAddress(d, pool, family),
    protocol,
    hopLimit: 64,
    sourcePort: ported ? drawPort(d, pool) : 0,
    destinationPort: ported ? drawPort(d, pool) : 0,
    tcpFlags: protocol === 6 ? 0x02 : 0,
    icmpType: icmp ? d.pick(family === 4 ? [8, 13, 5] : [128, 135]) : 0,
    icmpCode: icmp ? d.pick([0, 0, 1, 3, 255]) : 0,
  }
}

describe('Windows Firewall', () => {
  let compared = 0
  let refused = 0

  it('decides as the evaluator does about the first packet of a flow', () => {
    fc.assert(
      fc.property(fc.nat(0x7fff_ffff), (seed) => {
        const d = new Draw(seed)
        const pool = drawPool(d.word())
        const points = drawPoints(d, pool)
        const script = scriptOf(points)
        if (script === undefined) {
          refused++
          return
        }
        const rules = readScript(script)
        for (let count = 0; count < 60; count++) {
          const packet = drawOpening(d, pool)
          const point = d.pick(points)
          if (isIcmpError(packet)) continue
          const decision = judge(point, packet, { flows: new FlowTable(), now: 0n })
          const verdict = decision.verdict === 'deny' ? 'deny' : 'allow'
          if (windowsVerdict(rules, packet, point.direction) !== verdict)
            throw new Error(
              `${point.id}: the evaluator says ${verdict} of ${JSON.stringify(packet, (_, v) => (typeof v === 'bigint' ? v.toString(16) : v))}\n${script}`,
            )
          compared++
        }
      }),
      { numRuns: 400 },
    )
    expect(compared).toBeGreaterThan(10_000)
  }, 120_000)

  afterAll(() => {
    process.stdout.write(`${compared} pairs of Windows rules and packet, ${refused} rulesets refused\n`)
  })
})

/** `undefined`: it cannot be said. */
function scriptOf(points: readonly Point[]): string | undefined {
  try {
    return emitWindowsFirewall(points)
  } catch (error) {
    if (error instanceof UnsayableError) return undefined
    throw error
  }
}
