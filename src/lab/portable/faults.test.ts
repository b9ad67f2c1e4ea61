/** Programs that misbehave: no mistake of a program may pass for silence. */
import { describe, expect, it } from 'vitest'
import {
  exit,
  type Instruction,
  ldxb,
  ldxw,
  mov64,
  type ProgramType,
  R0,
  R1,
  R2,
  stxb,
  XDP_TX,
} from '../../bpf/index.ts'
import type { Attachment, Deployment } from '../../dataplane/index.ts'
import { neighboursOf } from '../../model/index.ts'
import type { Opening } from '../../trace/index.ts'
import { fixtureOf, openings } from '../testing/fixture.ts'
import { smallNetwork } from '../testing/small-network.ts'
import { bringUpPortable } from './index.ts'

const { network, policy } = fixtureOf(smallNetwork())
const next = openings(network)
/** From the fabric controller to the storage node by a distribution router. */
const opening = (): Opening => next('lab/fc1', 'lab/storage1', 4, 'udp', 4444)

/** One program on every interface of both distribution routers. */
function withProgram(hook: Attachment['hook'], instructions: readonly Instruction[]): Deployment {
  const type: ProgramType = hook === 'xdp' ? 'xdp' : 'sched_cls'
  const program = { name: 'test', type, license: 'GPL', instructions }
  const nodes = ['lab/dr1', 'lab/dr2'].map((node) => {
    const interfaces = neighboursOf(network, node).map(({ near }) => near.interface)
    const point = { ...policy.points[0]!, id: `${node}/test`, node, interfaces }
    const attachments = [{ point, program, hook, interfaces }]
    return [
      node,
      { node, maps: {}, contents: {}, attachments, firstCounters: new Map(), filters: new Map() },
    ] as const
  })
  return { nodes: new Map(nodes) }
}

const bringUp = (...program: Parameters<typeof withProgram>) =>
  bringUpPortable({ network, deployment: withProgram(...program), clock: () => 0n })

describe('portable fabric', () => {
  it('rejects the probe that meets a fault, and goes on', async () => {
    const beyond = [ldxw(R2, R1, 4), ldxb(R0, R2, 0), exit()]
    const fabric = await bringUp('xdp', beyond)
    await expect(fabric.probe([opening()])).rejects.toThrow(/^run lab\/dr[12]\/test at lab\/dr[12] \w+: .*/)
    const elsewhere = next('internet', 'lab/isp1', 4, 'icmp')
    expect(await fabric.probe([elsewhere])).toMatchObject([{ outcome: 'answered' }])
  })
  it('rejects the probe that meets a verdict without a meaning', async () => {
    const fabric = await bringUp('tcx-egress', [mov64.imm(R0, 77), exit()])
    await expect(fabric.probe([opening()])).rejects.toThrow('tcx verdict 77')
  })
  it('refuses programs that the engine refuses', async () => {
    await expect(bringUp('xdp', [mov64.imm(R0, 2)])).rejects.toThrow()
  })
  it('ends a frame that its receiver did not expect', async () => {
    const fabric = await bringUp('xdp', [mov64.imm(R0, XDP_TX), exit()])
    const [observation] = await fabric.probe([opening()])
    expect(observation).toMatchObject({ outcome: 'silent', detail: 'frame for another machine at lab/fc1' })
  })
  it.each([
    ['the IPv4 header', 14 + 19, /^no IP packet at lab\/(dr|storage)/],
    ['what the transport carries', 14 + 20 + 8, /^wrong checksum at lab\/storage1/],
  ])('loses a packet whose checksum does not hold, and counts it: %s', async (_, offset, detail) => {
    const spoil = [ldxw(R2, R1, 76), mov64.imm(R0, 99), stxb(R2, offset, R0), mov64.imm(R0, 0), exit()]
    const fabric = await bringUp('tcx-egress', spoil)
    const [observation] = await fabric.probe([opening()])
    expect(observation?.outcome).toBe('silent')
    expect(observation?.detail).toMatch(detail)
    expect(fabric.losses().reduce((sum, { packets }) => sum + packets, 0)).toBe(1)
  })
})
