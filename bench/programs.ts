/**
 * Nanoseconds that each program of the data plane takes for a packet. XDP programs stand in the live-frame rig, and what is quoted is
 * the time per frame less that of a device that only drops. tc programs, which rewrite nothing, are run repeatedly on one packet.
 */
import { loadNetwork } from '../src/model/index.ts'
import type { Benchmark } from './main.ts'
import { tcRows } from './programs/tc-rows.ts'
import { xdpRows } from './programs/xdp-rows.ts'

export const benchmark: Benchmark = {
  about: 'nanoseconds per packet of each program, beside the floors of the same run',
  async run({ quick, say }) {
    const { network } = loadNetwork('examples/two-sites/network.yaml')
    if (!network) throw new Error('load the example: it has mistakes')
    const rounds = quick ? 5 : 15
    return [...xdpRows(network, rounds, quick, say), ...tcRows(network, rounds, quick, say)]
  },
}
