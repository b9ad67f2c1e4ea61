/**
 * Attachment of programs to interfaces as links: a link ends with its last descriptor, so a process that dies leaves
 * nothing attached, and replacing its program is one step between two packets.
 */
import { closeSync } from 'node:fs'
import { inNamespace, type Namespace } from '../netns.ts'
import { linkedInterface, linkedProgram } from './info.ts'
import type { KernelProgram } from './program.ts'
import { BPF, bpf, clearAttr } from './syscall.ts'

export interface ProgramLink {
  readonly fd: number
  /**
   * Atomically runs `next` instead. With `expected`, only if that is the program it runs now; else throws `BpfError` with `EPERM` (tcx)
   * or `ENOENT` (XDP) and changes nothing.
   */
  replace(next: KernelProgram, expected?: KernelProgram): void
  /** Id of the program that it runs, as in `ProgramInfo`. */
  programId(): number
  /** Of an XDP link: the interface on which its program stands; 0: it stands nowhere any more. */
  interfaceIndex(): number
  /** Takes the program off although others may still hold the link. */
  detach(): void
  /** Takes the program off unless the link is pinned. */
  close(): void
}

/** `native`: in the driver; `generic`: after the packet has become an skb, any device, slow. */
export type XdpMode = 'native' | 'generic'

/** Where a program stands among the others of its hook: the first judges first; absent: last. */
export interface TcxOrder {
  readonly first?: boolean
  readonly before?: ProgramLink
  readonly after?: ProgramLink
}

const attrSize = 32
const BPF_XDP = 37
/** enum bpf_attach_type, by direction. */
export const tcxType = { ingress: 46, egress: 47 } as const
const xdpFlags: Readonly<Record<XdpMode, number>> = { native: 1 << 2, generic: 1 << 1 }
const BPF_F_REPLACE = 1 << 2
const BPF_F_BEFORE = 1 << 3
const BPF_F_AFTER = 1 << 4
const BPF_F_LINK = 1 << 13

/** Attaches to what the interface receives. An interface takes one XDP program. */
export function attachXdp(
  namespace: Namespace,
  ifindex: number,
  program: KernelProgram,
  mode: XdpMode = 'native',
): ProgramLink {
  const remedy = 'check that the interface exists, has no XDP program yet, and an MTU below a page'
  return inNamespace(namespace, () => {
    const attr = clearAttr()
    attr.view.setInt32(0, program.fd, true)
    attr.view.setUint32(4, ifindex, true)
    attr.view.setUint32(8, BPF_XDP, true)
    attr.view.setUint32(12, xdpFlags[mode], true)
    const what = `attach XDP program '${program.spec.name}' to interface ${ifindex}`
    return programLink(bpf(BPF.linkCreate, attr, attrSize, what, remedy), program.spec.name)
  })
}

/**
 * Attaches to what the interface receives (`ingress`) or sends (`egress`), by tcx. Waits for a grace period of the kernel, about 11 ms, though
 * replacing takes 5 µs; where thousands are to be attached at once, see `addProgramFilter`.
 */
export function attachTcx(
  namespace: Namespace,
  ifindex: number,
  direction: 'ingress' | 'egress',
  program: KernelProgram,
  order: TcxOrder = {},
): ProgramLink {
  return inNamespace(namespace, () => {
    const attr = clearAttr()
    attr.view.setInt32(0, program.fd, true)
    attr.view.setUint32(4, ifindex, true)
    attr.view.setUint32(8, tcxType[direction], true)
    const anchor = order.before ?? order.after
    const position = order.first || order.before ? BPF_F_BEFORE : order.after ? BPF_F_AFTER : 0
    attr.view.setUint32(12, position | (anchor ? BPF_F_LINK : 0), true)
    if (anchor) attr.view.setInt32(16, anchor.fd, true)
    const what = `attach tcx program '${program.spec.name}' to ${direction} of interface ${ifindex}`
    return programLink(bpf(BPF.linkCreate, attr, attrSize, what), program.spec.name)
  })
}

/** The link behind a descriptor. `name`: for errors. */
export function programLink(fd: number, name: string): ProgramLink {
  return Object.freeze({
    fd,
    replace(next: KernelProgram, expected?: KernelProgram): void {
      const attr = clearAttr()
      attr.view.setInt32(0, fd, true)
      attr.view.setInt32(4, next.fd, true)
      attr.view.setUint32(8, expected ? BPF_F_REPLACE : 0, true)
      attr.view.setInt32(12, expected?.fd ?? 0, true)
      bpf(BPF.linkUpdate, attr, 16, `replace program '${name}'`, 'read the link again and retry')
    },
    programId: () => linkedProgram(fd),
    interfaceIndex: () => linkedInterface(fd),
    detach(): void {
      const attr = clearAttr()
      attr.view.setInt32(0, fd, true)
      bpf(BPF.linkDetach, attr, 4, `detach program '${name}'`)
    },
    close: () => closeSync(fd),
  })
}
