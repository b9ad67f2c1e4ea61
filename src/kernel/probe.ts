/** Whether this machine can run the kernel data plane, and if not, what is missing and what mends it. */
import { release } from 'node:os'
import { probeFeatures } from './bpf/features.ts'
import { ffi, knownProcessor, libc } from './libc.ts'

export interface KernelProbe {
  /** Nothing is missing. */
  readonly usable: boolean
  /** Version of the running kernel, `6.18.44`. */
  readonly release: string
  readonly missing: readonly Missing[]
}

export interface Missing {
  /** `root`, `XDP on veth links (Linux 5.9)` */
  readonly what: string
  /** A sentence for people, with the command to type where there is one. */
  readonly remedy: string
}

const portable = 'or add --portable to run the same programs in the interpreter'

/** Never throws. Tries everything that the data plane needs, in a namespace of its own; takes some milliseconds. */
export function probeKernel(): KernelProbe {
  const missing = findMissing()
  return Object.freeze({ usable: missing.length === 0, release: release(), missing: Object.freeze(missing) })
}

function findMissing(): Missing[] {
  if (process.platform !== 'linux')
    return [
      { what: `Linux (this is ${process.platform})`, remedy: `run in a Linux machine or VM, ${portable}` },
    ]
  if (!knownProcessor())
    return [
      {
        what: `a known processor (this is ${process.arch})`,
        remedy: `use x64, arm64 or riscv64, ${portable}`,
      },
    ]
  try {
    ffi()
    libc()
  } catch (error) {
    return [
      {
        what: `the package koffi (${error instanceof Error ? error.message.split('\n')[0] : error})`,
        remedy: `npm install --include=optional koffi, ${portable}`,
      },
    ]
  }
  if (process.getuid?.() !== 0) return [{ what: 'root', remedy: `run it again with sudo, ${portable}` }]
  return findMissingFeatures()
}

function findMissingFeatures(): Missing[] {
  const upgrade = `boot a kernel of version 6.6 or later (this is ${release()}), ${portable}`
  let features: ReturnType<typeof probeFeatures>
  try {
    features = probeFeatures()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [
      {
        what: `network namespaces with veth links (${reason})`,
        remedy: `use a kernel with CONFIG_NET_NS and CONFIG_VETH: modprobe veth; in a container add --privileged, ${portable}`,
      },
    ]
  }
  const missing: Missing[] = []
  const need = (found: boolean, what: string, remedy = upgrade) => {
    if (!found) missing.push({ what, remedy })
  }
  const bpf = features.programTypes.has('xdp') && features.programTypes.has('sched_cls')
  const locked = `use a kernel with CONFIG_BPF_SYSCALL, outside lockdown; in a container add --privileged, ${portable}`
  need(bpf, 'loading of eBPF programs', locked)
  if (!bpf) return missing
  for (const type of ['hash', 'array', 'percpu_array', 'lru_hash', 'prog_array'] as const)
    need(features.mapTypes.has(type), `maps of type ${type}`)
  need(features.xdpLink, 'XDP on veth links (Linux 5.9)')
  need(features.tcx, 'tcx (Linux 6.6)')
  const modules = `load the modules: modprobe -a sch_ingress cls_bpf, ${portable}`
  need(features.filters, 'programs as traffic control filters', modules)
  need(features.longJumps, 'eBPF instruction set version 4 (Linux 6.6)')
  return missing
}
