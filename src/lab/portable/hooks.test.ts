import { describe, expect, it } from 'vitest'
import {
  type LoadedProgram,
  TCX_DROP,
  TCX_NEXT,
  TCX_PASS,
  XDP_DROP,
  XDP_PASS,
  XDP_TX,
} from '../../bpf/index.ts'
import { type Attached, Hooks } from './hooks.ts'

const frame = Uint8Array.of(1, 2, 3)

/** A program that gives a verdict, appends its mark to the packet, and notes that it ran. */
function program(point: string, verdict: number, ran: string[] = []): Attached {
  const run: LoadedProgram['run'] = (packet) => {
    ran.push(point)
    return { verdict, packet: Uint8Array.of(...packet, point.charCodeAt(0)) }
  }
  return { point, program: { run } as LoadedProgram }
}

function hooksWith(hook: 'xdp' | 'tcx-ingress' | 'tcx-egress', ...attached: Attached[]): Hooks {
  const hooks = new Hooks('lab/ar1 isp1', 2)
  for (const each of attached) hooks.attach(hook, each)
  return hooks
}

describe('hooks', () => {
  it('let frames through where nothing stands', () => {
    expect(new Hooks('lab/dr1 lb1', 2).receive(frame)).toEqual({ kind: 'pass', frame })
    expect(new Hooks('lab/dr1 lb1', 2).send(frame)).toEqual({ kind: 'pass', frame })
  })
  it.each([
    [XDP_PASS, 'pass'],
    [XDP_TX, 'transmit'],
    [XDP_DROP, 'drop'],
  ])('XDP %i is %s', (verdict, kind) => {
    expect(hooksWith('xdp', program('x', verdict)).receive(frame).kind).toBe(kind)
  })
  it('ask a tcx chain in order until a program answers, each about what the one before left', () => {
    const ran: string[] = []
    const chain = [program('a', TCX_NEXT, ran), program('b', TCX_PASS, ran), program('c', TCX_DROP, ran)]
    const passage = hooksWith('tcx-egress', ...chain).send(frame)
    expect(ran).toEqual(['a', 'b'])
    expect(passage).toEqual({ kind: 'pass', frame: Uint8Array.of(1, 2, 3, 97, 98) })
  })
  it('pass what no program of a chain answers for, and name the one that drops', () => {
    expect(hooksWith('tcx-ingress', program('a', TCX_NEXT)).receive(frame).kind).toBe('pass')
    const dropped = hooksWith('tcx-ingress', program('a', TCX_NEXT), program('b', TCX_DROP)).receive(frame)
    expect(dropped).toEqual({ kind: 'drop', by: 'b' })
  })
  it('ask XDP before tcx', () => {
    const ran: string[] = []
    const hooks = hooksWith('tcx-ingress', program('t', TCX_DROP, ran))
    hooks.attach('xdp', program('x', XDP_PASS, ran))
    expect(hooks.receive(frame)).toEqual({ kind: 'drop', by: 't' })
    expect(ran).toEqual(['x', 't'])
  })
  it('refuse a second XDP program', () => {
    expect(() => hooksWith('xdp', program('a', XDP_PASS), program('b', XDP_PASS))).toThrow(
      'attach b to lab/ar1 isp1: a has its XDP hook',
    )
  })
  it.each([
    ['xdp', 0],
    ['xdp', 4],
    ['tcx-ingress', 1],
    ['tcx-ingress', 7],
  ] as const)('say %s verdict %i aloud', (hook, verdict) => {
    expect(() => hooksWith(hook, program('a', verdict)).receive(frame)).toThrow(
      `run a at lab/ar1 isp1: ${hook === 'xdp' ? 'XDP' : 'tcx'} verdict ${verdict}`,
    )
  })
  it('say a fault aloud, with its cause', () => {
    const cause = new RangeError('read beyond the packet')
    const faulty = {
      run() {
        throw cause
      },
    } as unknown as LoadedProgram
    expect(() => hooksWith('xdp', { point: 'a', program: faulty }).receive(frame)).toThrow(
      expect.objectContaining({ message: expect.stringContaining('read beyond the packet'), cause }),
    )
  })
})
