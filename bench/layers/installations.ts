/** A layer's points, as loaded programs and as an nftables ruleset. */
import type { BpfMap } from '../../src/bpf/index.ts'
import {
  compileDeployment,
  encodeGrant,
  encodeGrantKey,
  type NodeDeployment,
} from '../../src/dataplane/index.ts'
import { emitNft, UnsayableError } from '../../src/firewall/index.ts'
import { type KernelMap, kernelEngine } from '../../src/kernel/index.ts'
import type { Network } from '../../src/model/index.ts'
import { type Installation, sides } from '../rig/forwarder.ts'
import type { Layer } from './subjects.ts'

export interface Installations {
  readonly base: Installation
  readonly ours: Installation
  /** Absent: nftables has no words for the rules. */
  readonly nft?: Installation
  close(): void
}

export function installationsOf(network: Network, { points, grant, shared }: Layer): Installations {
  const here = points.map((point) => ({ ...point, interfaces: ['a'] }))
  const node = here[0]?.node ?? ''
  const deployed = compileDeployment(
    network,
    { points: here },
    {
      interfaces: new Map([[node, new Map([['a', sides.a]])]]),
      // As in a network where other points are alike.
      alwaysRecords: shared,
    },
  ).nodes.get(node) as NodeDeployment
  const maps: Record<string, KernelMap> = {}
  for (const [name, spec] of Object.entries(deployed.maps)) maps[name] = kernelEngine.createMap(spec)
  for (const [name, entries] of Object.entries(deployed.contents)) maps[name]?.updateBatch(entries)
  if (grant) {
    const map = maps[`grants${grant.source.family}`] as BpfMap
    map.update(encodeGrantKey(grant), encodeGrant(1n << 62n, 1))
  }
  const programs = deployed.attachments.map(({ program, hook }) => ({
    hook,
    program: kernelEngine.load(program, maps),
  }))
  const at = (wanted: string) => programs.find(({ hook }) => hook === wanted)?.program
  const [ingress, egressProgram, xdp] = [at('tcx-ingress'), at('tcx-egress'), at('xdp')]
  // A ruleset knows of no grants, and denies what needs one.
  const nft = grant ? undefined : rulesetOf(here)
  return {
    base: {},
    ours: {
      ...(ingress && { ingress }),
      ...(egressProgram && { egress: egressProgram }),
      ...(xdp && { xdp }),
    },
    ...(nft !== undefined && { nft: { nft } }),
    close() {
      for (const { program } of programs) program.close()
      for (const map of Object.values(maps)) map.close()
    },
  }
}

/** Without port security, which stands below what nftables sees of a packet. */
function rulesetOf(points: Layer['points']): string | undefined {
  try {
    return emitNft(
      points.map((point) => ({ ...point, tiers: point.tiers.filter(({ kind }) => kind !== 'port') })),
      { name: 'bench' },
    )
  } catch (error) {
    if (error instanceof UnsayableError) return undefined
    throw error
  }
}
