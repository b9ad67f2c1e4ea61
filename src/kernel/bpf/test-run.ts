/** BPF_PROG_TEST_RUN: one program on one packet, timed or not, and XDP programs on frames that really leave. */
import { type ProgramSpec, SK_BUFF, SK_BUFF_SIZE, XDP_MD, XDP_MD_SIZE } from '../../bpf/index.ts'
import { errno } from '../errno.ts'
import { lastErrno, libc } from '../libc.ts'
import { allocate, lazily, type Memory, setPointer } from '../memory.ts'
import { BPF, bpfFailure, clearAttr } from './syscall.ts'

export interface TestRun {
  /** Starts at the Ethernet header; at least 14 bytes. */
  readonly packet: Uint8Array
  /** Interface of the namespace that the thread is in, seen as ingress_ifindex (XDP) or ifindex (tc). */
  readonly ifindex?: number
  /** tc only: skb->mark on entry. */
  readonly mark?: number
  /** Runs on the same packet, one after the other; absent: 1. Of a program that rewrites the packet only the first is true. */
  readonly repeat?: number
}

export interface TestRunResult {
  readonly verdict: number
  readonly packet: Uint8Array
  /** Mean time of one run. */
  readonly nanoseconds: number
  /** tc only: skb->mark at the end, if a context was given. */
  readonly mark?: number
}

/** XDP frames that are sent, redirected or received as the program's verdicts say. */
export interface LiveFrames {
  /** What each frame holds when the program sees it for the first time: pages are used again, so rewrite every byte. */
  readonly frame: Uint8Array
  /** On which the frames seem to arrive; of the namespace that the thread is in. */
  readonly ifindex: number
  /** Number of frames. */
  readonly repeat: number
  /** Frames handled at a time, 1–256; absent: 64. */
  readonly batch?: number
}

const attrSize = 80
const BPF_F_TEST_XDP_LIVE_FRAMES = 2
/** Longer than any packet that the kernel takes here, grown by its headroom. */
const outputSize = 1 << 17

let input: Memory | undefined
const output = lazily(() => allocate(outputSize))
const context = lazily(() => allocate(SK_BUFF_SIZE))

export function testRun(spec: ProgramSpec, fd: number, run: TestRun): TestRunResult {
  const out = output()
  const attr = prepare(fd, run.packet, run.repeat ?? 1)
  const { view } = attr
  view.setUint32(12, out.bytes.length, true)
  setPointer(view, 24, out.address)
  const contextSize = setContext(spec, run)
  if (contextSize > 0) {
    view.setUint32(40, contextSize, true)
    view.setUint32(44, contextSize, true)
    setPointer(view, 48, context().address)
    setPointer(view, 56, context().address)
  }
  execute(spec, attr, run.ifindex)
  return {
    verdict: view.getInt32(4, true),
    // A socket filter cannot change the packet, and the kernel returns it without its Ethernet header.
    packet: spec.type === 'socket_filter' ? run.packet.slice() : out.bytes.slice(0, view.getUint32(12, true)),
    nanoseconds: view.getUint32(36, true),
    ...(spec.type === 'sched_cls' &&
      contextSize > 0 && { mark: context().view.getUint32(SK_BUFF.mark, true) }),
  }
}

/** Runs an XDP program on frames that really go where it sends them. Returns the mean time of one frame in nanoseconds. */
export function sendLiveFrames(spec: ProgramSpec, fd: number, frames: LiveFrames): number {
  const attr = prepare(fd, frames.frame, frames.repeat)
  const { view } = attr
  const size = setContext(spec, { packet: frames.frame, ifindex: frames.ifindex })
  view.setUint32(40, size, true)
  setPointer(view, 48, context().address)
  view.setUint32(64, BPF_F_TEST_XDP_LIVE_FRAMES, true)
  view.setUint32(72, frames.batch ?? 64, true)
  execute(spec, attr, frames.ifindex)
  return view.getUint32(36, true)
}

function prepare(fd: number, packet: Uint8Array, repeat: number): Memory {
  if (input === undefined || input.bytes.length < packet.length)
    input = allocate(Math.max(packet.length, 1 << 16))
  input.bytes.set(packet)
  const attr = clearAttr()
  attr.view.setInt32(0, fd, true)
  attr.view.setUint32(8, packet.length, true)
  setPointer(attr.view, 16, input.address)
  attr.view.setUint32(32, repeat, true)
  return attr
}

/** Fills struct xdp_md or struct __sk_buff if there is something to say; returns its size, else 0. */
function setContext(spec: ProgramSpec, { packet, ifindex, mark }: TestRun): number {
  if (ifindex === undefined && mark === undefined) return 0
  const { bytes, view } = context()
  bytes.fill(0)
  if (spec.type === 'xdp') {
    view.setUint32(XDP_MD.data_end, packet.length, true)
    view.setUint32(XDP_MD.ingress_ifindex, ifindex ?? 0, true)
    return XDP_MD_SIZE
  }
  view.setUint32(SK_BUFF.ifindex, ifindex ?? 0, true)
  view.setUint32(SK_BUFF.mark, mark ?? 0, true)
  return SK_BUFF_SIZE
}

function execute(spec: ProgramSpec, attr: Memory, ifindex: number | undefined): void {
  for (;;) {
    if (libc().bpf(BPF.testRun, attr.address, attrSize) >= 0) return
    const code = lastErrno()
    if (code === errno.EINTR || code === errno.EAGAIN) continue
    const remedy =
      code === errno.ENODEV
        ? `enter the namespace that has interface ${ifindex}`
        : code === errno.EINVAL
          ? 'give a packet of 14 to about 3,500 bytes'
          : undefined
    throw bpfFailure(`run program '${spec.name}'`, code, remedy)
  }
}
