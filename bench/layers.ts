/**
 * What each layer adds to a packet on its way through a forwarding machine, for established flows and for packets that each open one, beside
 * the nftables ruleset that `glacis emit` gives for the same points. Base, programs and ruleset are measured in turn, in the same machine.
 */

import { loadNetwork, type Network } from '../src/model/index.ts'
import { installationsOf } from './layers/installations.ts'
import { type Layer, layersOf } from './layers/subjects.ts'
import type { Benchmark } from './main.ts'
import type { Row } from './report.ts'
import { openForwarder } from './rig/forwarder.ts'
import { type Spread, spread } from './rounds.ts'

export const benchmark: Benchmark = {
  about: 'nanoseconds per packet added by each layer, beside nftables with the same rules in the same rounds',
  async run({ quick, say }) {
    const { network } = loadNetwork('examples/two-sites/network.yaml')
    if (!network) throw new Error('load the example: it has mistakes')
    const rows: Row[] = []
    for (const layer of layersOf(network)) {
      const row = rowOf(layer, measure(network, layer, quick ? 5 : 11, quick ? 65_536 : 262_144))
      rows.push(row)
      const peer = row.peers?.[0]
      say(`${row.name}: ${row.value.toFixed(0)} ns${peer ? `, nftables ${peer.value.toFixed(0)} ns` : ''}`)
    }
    return rows
  },
}

type Variant = 'base' | 'ours' | 'nft'

/** Nanoseconds per packet: without rules; and what each adds, round by round to the base of the same round. */
interface Costs {
  readonly base: Spread
  readonly ours: Spread
  readonly nft?: Spread
}

/**
 * Measures a layer. A flow is established by the packets that open it, sent through what is
 * installed. Where each packet opens one, connection tracking begins empty in every round, and our table is as full as such a flood keeps it.
 */
function measure(network: Network, layer: Layer, rounds: number, count: number): Costs {
  const rig = openForwarder(layer.machine)
  const installations = installationsOf(network, layer)
  const samples: Record<Variant, number[]> = { base: [], ours: [], nft: [] }
  const handshake = layer.handshake.map(({ from, frames }) => ({ from, trace: rig.trace(frames) }))
  const subject = rig.trace(layer.frames)
  // What opens flows can be sent once.
  const packets = layer.opens ? layer.frames.length : count
  try {
    for (let round = 0; round <= rounds; round++)
      for (const variant of ['base', 'ours', 'nft'] as const) {
        const installation = installations[variant]
        if (!installation) continue
        rig.install(installation)
        rig.flush()
        for (const { from, trace } of handshake) rig.send(from, trace, trace.frames)
        const time = rig.send(layer.from, subject, packets, layer.opens ? rig.flush : undefined)
        if (round > 0) samples[variant].push(time)
      }
  } finally {
    for (const { trace } of handshake) trace.close()
    subject.close()
    rig.close()
    installations.close()
  }
  const above = (times: readonly number[]): Spread =>
    spread(times.map((time, round) => time - (samples.base[round] as number)))
  return {
    base: spread(samples.base),
    ours: above(samples.ours),
    ...(samples.nft.length > 0 && { nft: above(samples.nft) }),
  }
}

function rowOf({ name }: Layer, { base, ours, nft }: Costs): Row {
  const peer = nft && { name: 'nftables', value: nft.median, unit: 'ns' }
  return {
    name,
    value: ours.median,
    min: ours.min,
    max: ours.max,
    rounds: ours.rounds,
    unit: 'ns',
    better: 'lower',
    ...(peer && { goal: peer.value / 3 }),
    base: { name: 'without rules', value: base.median, unit: 'ns' },
    peers: peer ? [peer] : [],
  }
}
