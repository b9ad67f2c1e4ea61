/** XDP programs in the live-frame rig: the time for a frame less that of a device that only drops. */
import { XDP_DROP } from '../../src/bpf/index.ts'
import { compileDeployment, type NodeDeployment } from '../../src/dataplane/index.ts'
import { type KernelProgram, kernelEngine } from '../../src/kernel/index.ts'
import type { Network } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import type { Row } from '../report.ts'
import { openRig } from '../rig/generator.ts'
import { besideFloors, loadFloors, rowOf } from './beside-floors.ts'
import { withLimits } from './limits.ts'
import { counted, loadMaps } from './node-maps.ts'
import { xdpSubjects } from './subjects.ts'

export function xdpRows(
  network: Network,
  rounds: number,
  quick: boolean,
  say: (line: string) => void,
): readonly Row[] {
  const rig = openRig()
  const count = quick ? 100_000 : 400_000
  const rows: Row[] = []
  const policy = derivePolicy(network)
  try {
    for (const subject of xdpSubjects(network)) {
      const { nodes } = compileDeployment(network, withLimits(policy, subject.point, subject.limits), {
        allow: XDP_DROP,
      })
      const node = nodes.get(subject.node) as NodeDeployment
      const maps = loadMaps(node)
      const attachment = node.attachments.find(({ point }) => point.id === subject.point)
      if (!attachment) throw new Error(`find the program of ${subject.point}: it has none`)
      const program = kernelEngine.load(attachment.program, maps)
      const floors = loadFloors('xdp', subject.frames)
      rig.trace(subject.frames)
      const measure = (device: KernelProgram) => () => {
        rig.load(device)
        return rig.send(count)
      }
      const before = counted(maps)
      const spreads = besideFloors(floors, program, measure, rounds)
      const delivered = counted(maps) - before
      if (delivered !== count * (rounds + 1))
        throw new Error(
          `measure ${subject.name}: ${delivered} of ${count * (rounds + 1)} frames were counted`,
        )
      rows.push(rowOf(subject, spreads, program))
      say(`${subject.name}: ${(spreads.program.median - spreads.nothing.median).toFixed(1)} ns`)
      for (const loaded of [program, ...Object.values(floors)]) loaded.close()
      for (const map of Object.values(maps)) map.close()
    }
  } finally {
    rig.close()
  }
  return rows
}
