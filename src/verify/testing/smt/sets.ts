/** Diagrams over packets in SMT-LIB 2: each node a function, each of its ranges a comparison. */
import { constantOf, type Diagram } from '../../diagram/index.ts'
import type { PacketSets } from '../../packets/index.ts'
import { level } from '../../packets/levels.ts'
import { fields, names } from './packets.ts'
import { bits, Definitions, ite } from './terms.ts'

export interface DiagramTerms {
  /** What has to be read before a text with such terms is. */
  neededFor(text: string): string
  /** A set of packets as a condition. */
  set(diagram: Diagram): string
  /** The value that a diagram has for the packet, in 16 bits. */
  value(diagram: Diagram): string
}

export function diagramTerms(sets: PacketSets): DiagramTerms {
  const definitions = new Definitions('node')
  const read = (sort: string, leaf: (value: number) => string): ((diagram: Diagram) => string) => {
    const known = new Map<Diagram, string>()
    const visit = (at: Diagram): string => {
      const value = constantOf(at)
      if (value !== undefined) return leaf(value)
      const found = known.get(at)
      if (found !== undefined) return found
      const [variable, width] = variableOf(sets.levelOf(at) as number)
      const branches = sets.branches(at).map(([[, last], child]) => [last, visit(child)] as const)
      const body = branches
        .slice(0, -1)
        .reduceRight(
          (rest, [last, child]) => ite(`(bvule ${variable} ${bits(last, width)})`, child, rest),
          branches[branches.length - 1]?.[1] as string,
        )
      const name = definitions.name(body, sort)
      known.set(at, name)
      return name
    }
    return visit
  }
  return {
    neededFor: (text) => definitions.neededFor(text),
    set: read('Bool', (value) => (value === 0 ? 'false' : 'true')),
    value: read('(_ BitVec 16)', (value) => bits(value, 16)),
  }
}

/** A level of packet sets as a term, with its bits. */
function variableOf(at: number): readonly [term: string, bits: number] {
  for (const end of ['source', 'destination'] as const) {
    const word = at - level[end]
    if (word >= 0 && word < 4) return [`((_ extract ${127 - 32 * word} ${96 - 32 * word}) ${end})`, 32]
  }
  const name = names.find((each) => each in level && level[each as keyof typeof level] === at)
  if (!name) throw new Error(`translate level ${at} of packet sets: there is none`)
  return [name, fields[name]]
}
