/**
 * What this kernel can do, found by trying it: distributions move features between versions, so a version number proves
 * nothing.
 */

import * as asm from '../../bpf/index.ts'
import {
  HELPERS,
  type HelperName,
  MAP_TYPE,
  type MapType,
  PROGRAM_TYPE,
  type ProgramType,
} from '../../bpf/index.ts'
import {
  addFilterHooks,
  addProgramFilter,
  changeLink,
  createVeth,
  type NetlinkSocket,
  openNetlink,
} from '../netlink/index.ts'
import { closeNamespace, createNamespace, inNamespace, type Namespace } from '../netns.ts'
import { attachTcx, attachXdp } from './link.ts'
import { createMap } from './map.ts'
import { type KernelProgram, loadKernelProgram } from './program.ts'

export interface Features {
  readonly mapTypes: ReadonlySet<MapType>
  readonly programTypes: ReadonlySet<ProgramType>
  /** XDP links in the driver of a veth (Linux 5.9). */
  readonly xdpLink: boolean
  /** tcx links (Linux 6.6). */
  readonly tcx: boolean
  /** Programs as traffic control filters (Linux 4.5, where it is built with them). */
  readonly filters: boolean
  /** Test runs whose frames really leave (Linux 5.18). */
  readonly liveFrames: boolean
  /** Jumps with 32-bit offsets (Linux 6.6). */
  readonly longJumps: boolean
  /** Map operations on many entries (Linux 5.6). */
  readonly batches: boolean
}

/** Tries everything once, in a namespace of its own. Takes some milliseconds; needs root. */
export function probeFeatures(): Features {
  const namespace = createNamespace()
  try {
    const netlink = openNetlink(namespace)
    netlink.batch([createVeth({ name: 'a', index: 2 }, { name: 'b', index: 3 }), changeLink(2, { up: true })])
    const filters = works(() => addFilter(netlink, load('sched_cls', asm.TC_ACT_OK)))
    netlink.close()
    return Object.freeze({
      mapTypes: new Set(keysOf(MAP_TYPE).filter(hasMapType)),
      programTypes: new Set(keysOf(PROGRAM_TYPE).filter(hasProgramType)),
      xdpLink: works(() => attachXdp(namespace, 2, load('xdp', asm.XDP_PASS)).close()),
      tcx: works(() => attachTcx(namespace, 2, 'ingress', load('sched_cls', asm.TC_ACT_OK)).close()),
      filters,
      liveFrames: hasLiveFrames(namespace),
      longJumps: hasLongJumps(),
      batches: hasBatches(),
    })
  } finally {
    closeNamespace(namespace)
  }
}

/** Whether programs of this type may call the helper. */
export function hasHelper(type: ProgramType, helper: HelperName): boolean {
  const { arguments: count } = HELPERS[helper]
  const zeros = Array.from({ length: count }, (_, i) => asm.mov64.imm(i + 1, 0))
  try {
    loadKernelProgram(
      spec(type, [...zeros, asm.call(helper), asm.mov64.imm(asm.R0, 0), asm.exit()]),
      {},
    ).close()
    return true
  } catch (error) {
    if (!(error instanceof asm.VerifierError)) throw error
    // Wrong arguments mean that the helper was found.
    return !/(unknown|invalid) func|program of this type cannot use helper/.test(error.log)
  }
}

function hasMapType(type: MapType): boolean {
  const small = { name: 'probe', type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 } as const
  const shapes: Partial<Record<MapType, object>> = {
    lpm_trie: { keySize: 8, flags: asm.MAP_FLAG.noPrealloc },
    queue: { keySize: 0 },
    ringbuf: { keySize: 0, valueSize: 0, maxEntries: 4096 },
    array_of_maps: { inner: small },
    hash_of_maps: { inner: small },
  }
  return works(() => createMap({ ...small, type, ...shapes[type] }).close())
}

const hasProgramType = (type: ProgramType): boolean => works(() => load(type, 0).close())

const hasLongJumps = (): boolean =>
  works(() =>
    loadKernelProgram(
      spec('xdp', [asm.mov64.imm(asm.R0, 0), asm.gotol('end'), asm.labelled('end', asm.exit())]),
      {},
    ).close(),
  )

const addFilter = (netlink: NetlinkSocket, program: KernelProgram): void =>
  netlink.batch([
    addFilterHooks(2),
    addProgramFilter({ index: 2, direction: 'ingress', priority: 1, program }),
  ])

function hasLiveFrames(namespace: Namespace): boolean {
  const drop = load('xdp', asm.XDP_DROP)
  const frame = new Uint8Array(64)
  const found = works(() =>
    inNamespace(namespace, () => drop.sendLiveFrames({ frame, ifindex: 2, repeat: 1 })),
  )
  drop.close()
  return found
}

function hasBatches(): boolean {
  const map = createMap({ name: 'probe', type: 'hash', keySize: 4, valueSize: 4, maxEntries: 1 })
  const found = map.hasBatches()
  map.close()
  return found
}

const spec = (type: ProgramType, instructions: asm.Instruction[]): asm.ProgramSpec => ({
  name: 'probe',
  type,
  license: 'GPL',
  instructions,
})

const load = (type: ProgramType, verdict: number) =>
  loadKernelProgram(spec(type, [asm.mov64.imm(asm.R0, verdict), asm.exit()]), {})

function works(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch {
    return false
  }
}

const keysOf = <K extends string>(record: Readonly<Record<K, unknown>>): K[] => Object.keys(record) as K[]
