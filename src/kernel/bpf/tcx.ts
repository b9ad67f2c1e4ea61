/** Programs that stand on the tcx hooks of an interface, by whomever: they judge before filters of traffic control. */
import { closeSync } from 'node:fs'
import { allocate, setPointer } from '../memory.ts'
import { inNamespace, type Namespace } from '../netns.ts'
import { tcxType } from './link.ts'
import { BPF, bpf, clearAttr } from './syscall.ts'

export interface TcxProgram {
  /** As in `ProgramInfo`. */
  readonly program: number
  /** Id of the link that holds it there; 0: none does. */
  readonly link: number
}

/** More than a hook takes (BPF_MPROG_MAX). */
const most = 64

/** In the order in which they judge. Throws `BpfError`. */
export function tcxPrograms(
  namespace: Namespace,
  ifindex: number,
  direction: 'ingress' | 'egress',
): readonly TcxProgram[] {
  const [programs, links] = [allocate(4 * most), allocate(4 * most)]
  const attr = clearAttr()
  attr.view.setUint32(0, ifindex, true)
  attr.view.setUint32(4, tcxType[direction], true)
  setPointer(attr.view, 16, programs.address)
  attr.view.setUint32(24, most, true)
  setPointer(attr.view, 40, links.address)
  const what = `list tcx programs at ${direction} of interface ${ifindex}`
  inNamespace(namespace, () => bpf(BPF.programQuery, attr, 64, what))
  return Array.from({ length: attr.view.getUint32(24, true) }, (_, at) => ({
    program: programs.view.getUint32(4 * at, true),
    link: links.view.getUint32(4 * at, true),
  }))
}

/** Takes it off, whoever holds it. Throws `BpfError`. */
export function detachTcx(
  namespace: Namespace,
  ifindex: number,
  direction: 'ingress' | 'egress',
  { program, link }: TcxProgram,
): void {
  const what = `detach tcx program ${program} from ${direction} of interface ${ifindex}`
  const fd = openById(link === 0 ? BPF.programById : BPF.linkById, link || program, what)
  try {
    const attr = clearAttr()
    if (link !== 0) {
      attr.view.setInt32(0, fd, true)
      bpf(BPF.linkDetach, attr, 4, what)
      return
    }
    attr.view.setUint32(0, ifindex, true)
    attr.view.setInt32(4, fd, true)
    attr.view.setUint32(8, tcxType[direction], true)
    inNamespace(namespace, () => bpf(BPF.programDetach, attr, 32, what))
  } finally {
    closeSync(fd)
  }
}

function openById(command: number, id: number, what: string): number {
  const attr = clearAttr()
  attr.view.setUint32(0, id, true)
  return bpf(command, attr, 12, what)
}
