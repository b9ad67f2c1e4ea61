/** What happens to fragments: every one is denied at every point, under its own name, whatever it carries. */
import { describe, expect, it } from 'vitest'
import { InterpreterEngine } from '../../src/bpf/index.ts'
import { expectAgreement } from '../../src/dataplane/testing/agreement.ts'
import { ip } from '../../src/net/index.ts'
import { flowTier } from '../../src/policy/built-in.ts'
import { FlowTable } from '../../src/policy/flow-table.ts'
import { judge, type Point } from '../../src/policy/index.ts'
import { point, rule, ruleTier } from '../../src/policy/testing/sample.ts'
import { buildFrame, readFrame } from '../../src/wire/index.ts'

const everything = ruleTier('all', rule('any', 'allow'))
const points: readonly Point[] = [
  point([everything]),
  point([everything], { kind: 'balancer', id: 'node/balancer/in' }),
  point([flowTier, everything], {
    kind: 'hypervisor',
    id: 'node/vm/out',
    flow: { table: 'vm', heading: 'from-local' },
  }),
  point([flowTier, everything], {
    kind: 'hypervisor',
    id: 'node/vm/in',
    direction: 'out',
    flow: { table: 'vm', heading: 'to-local' },
  }),
]

const tcp = { sourcePort: 40_000, destinationPort: 443, flags: 0x02 }
const payload = new Uint8Array(40).fill(7)

/** IPv4: `offset` in units of eight bytes (RFC 791). */
function fragment4(offset: number, more: boolean): Uint8Array {
  const frame = buildFrame({ ip: { source: ip('192.0.2.1'), destination: ip('10.0.0.1') }, tcp, payload })
  frame[20] = (more ? 0x20 : 0) | (offset >> 8)
  frame[21] = offset & 0xff
  return frame
}

/** IPv6: the fragment header (RFC 8200 section 4.5) before the segment. */
function fragment6(offset: number, more: boolean): Uint8Array {
  const plain = buildFrame({ ip: { source: ip('2001:db8::1'), destination: ip('fd00::1') }, tcp, payload })
  const frame = new Uint8Array(plain.length + 8)
  frame.set(plain.subarray(0, 54))
  frame.set([6, 0, (offset << 3) >> 8, ((offset << 3) & 0xff) | Number(more), 1, 2, 3, 4], 54)
  frame.set(plain.subarray(54), 62)
  frame[20] = 44
  const length = frame.length - 54
  frame[18] = length >> 8
  frame[19] = length & 0xff
  return frame
}

describe.each([
  ['IPv4', fragment4],
  ['IPv6', fragment6],
] as const)('%s', (_, fragment) => {
  it.each([
    ['the first, with ports', 0, true],
    ['a later one', 5, true],
    ['the last', 10, false],
    ['one that overlaps the ports of the first (RFC 1858)', 1, false],
    ['one that overlaps its end', 4, true],
  ])('%s', (_, offset, more) => {
    const frame = fragment(offset, more)
    for (const at of points)
      expect(judge(at, readFrame(frame), { now: 0n, flows: new FlowTable() })).toMatchObject({
        verdict: 'deny',
        rule: { id: 'shape/fragment' },
      })
    const steps = points.map((_, index) => ({ point: index, frame }))
    expectAgreement({ points, egress: [], steps }, { engine: new InterpreterEngine() })
  })
})
