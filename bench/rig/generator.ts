/**
 * The live-frame generator: an XDP program that writes each frame anew from a trace and redirects it into a veth pair, at whose
 * other end, in a namespace of its own, the device under test judges it. Generator and device share one core, so the time per frame
 * is the sum of both; a device that only drops is the base.
 */
import { type MapSpec, ProgramBuilder, type ProgramSpec, XDP_DROP } from '../../src/bpf/index.ts'
import {
  attachXdp,
  changeLink,
  closeNamespace,
  createNamespace,
  createVeth,
  inNamespace,
  type KernelMap,
  type KernelProgram,
  kernelEngine,
  type NetlinkSocket,
  openNetlink,
  type ProgramLink,
} from '../../src/kernel/index.ts'

/** Bytes of every frame: the smallest that Ethernet carries. */
export const frameSize = 64

export interface Rig {
  /** Puts a program in the place of the device under test. */
  load(program: KernelProgram): void
  /** Frames to be sent in turn; each is cut or padded to 64 bytes. */
  trace(frames: readonly Uint8Array[]): void
  /** Sends frames; returns nanoseconds per frame. */
  send(count: number): number
  close(): void
}

export const traceMap = (entries: number): MapSpec => ({
  name: 'trace',
  type: 'array',
  keySize: 4,
  valueSize: frameSize,
  maxEntries: entries,
})
export const cursorMap: MapSpec = {
  name: 'cursor',
  type: 'percpu_array',
  keySize: 4,
  valueSize: 8,
  maxEntries: 1,
}

/** Two namespaces joined by a veth pair, hardware queues of which run XDP natively. */
export function openRig(): Rig {
  const here = createNamespace()
  const device = createNamespace()
  const netlink = openNetlink(here)
  const inside = openNetlink(device)
  netlink.batch([createVeth({ name: 'gen' }, { name: 'dut' }, device)])
  const genIndex = indexOf(netlink, 'gen')
  const dutIndex = indexOf(inside, 'dut')
  netlink.batch([changeLink(genIndex, { up: true })])
  inside.batch([changeLink(dutIndex, { up: true })])
  // Redirecting into a veth needs XDP on its other end; what comes back to the generator is dropped.
  const drop = kernelEngine.load(dropProgram(), {})
  const genLink = attachXdp(here, genIndex, drop)
  let link: ProgramLink = attachXdp(device, dutIndex, drop)
  let generator: { program: KernelProgram; trace: KernelMap; cursor: KernelMap } | undefined
  const stop = () => {
    generator?.program.close()
    generator?.trace.close()
    generator?.cursor.close()
    generator = undefined
  }
  return {
    load(program) {
      link.close()
      link = attachXdp(device, dutIndex, program)
    },
    trace(frames) {
      stop()
      const trace = kernelEngine.createMap(traceMap(frames.length))
      const cursor = kernelEngine.createMap(cursorMap)
      trace.updateBatch(frames.map((frame, index) => [u32(index), padded(frame)]))
      const program = kernelEngine.load(generatorProgram(frames.length, genIndex), { trace, cursor })
      generator = { program, trace, cursor }
    },
    send(count) {
      if (!generator) throw new Error('send frames: give the generator a trace first')
      const { program } = generator
      const frame = new Uint8Array(frameSize)
      return inNamespace(here, () => program.sendLiveFrames({ frame, ifindex: genIndex, repeat: count }))
    },
    close() {
      stop()
      link.close()
      genLink.close()
      drop.close()
      netlink.close()
      inside.close()
      closeNamespace(here)
      closeNamespace(device)
    },
  }
}

function indexOf(netlink: NetlinkSocket, name: string): number {
  const found = netlink.links().find((link) => link.name === name)
  if (!found) throw new Error(`find interface ${name}: it is not there`)
  return found.index
}

function dropProgram(): ProgramSpec {
  const b = new ProgramBuilder({ name: 'drop', type: 'xdp', license: 'GPL' })
  b.exit(XDP_DROP)
  return b.build()
}

/** Writes the next frame of the trace over the whole packet and redirects it to an interface. */
export function generatorProgram(frames: number, ifindex: number): ProgramSpec {
  const b = new ProgramBuilder({ name: 'generator', type: 'xdp', license: 'GPL' })
  const lost = b.label('lost')
  const key = b.stack(4)
  b.store(4, key, 0, 0)
  const cursor = b.mapLookup(cursorMap, key)
  b.jumpIf(b.eq(cursor, 0), lost)
  const next = b.load(8, cursor, 0)
  b.store(4, key, 0, next)
  const following = b.add(next, 1)
  b.if(b.ge(following, frames), () => b.set(following, 0))
  b.store(8, cursor, 0, following)
  const frame = b.mapLookup(traceMap(frames), key)
  b.jumpIf(b.eq(frame, 0), lost)
  const packet = b.packet()
  b.requireBytes(packet, frameSize, lost)
  for (let at = 0; at < frameSize; at += 8) b.store(8, packet.data, at, b.load(8, frame, at))
  b.exit(b.call('redirect', ifindex, 0))
  b.place(lost)
  b.exit(XDP_DROP)
  return b.build()
}

export function u32(n: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, n, true)
  return bytes
}

export function padded(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(frameSize)
  bytes.set(frame.subarray(0, frameSize))
  return bytes
}
