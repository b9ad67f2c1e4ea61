/** Which nodes of the running network had not their rules in force. */
import { controlOf, findRunning, type Lapse, type LapsesResult } from '../lab/index.ts'
import { askNetwork } from './ask-network.ts'

export interface Lapses {
  /** Name of the running network. */
  readonly name: string
  /** The last of a node; `undefined`: it had none. */
  of(node: string): Lapse | undefined
}

/** Of the network of that name; `undefined` if none is up, or this user may not know, or it is of a Glacis that cannot tell. */
export async function findLapses(name: string): Promise<Lapses | undefined> {
  try {
    const lab = findRunning(name)
    if (!lab) return undefined
    controlOf(lab)
    const { lapses, name: running } = (await askNetwork(lab, 'lapses')) as LapsesResult
    const byNode = new Map(lapses.map((lapse) => [lapse.node, lapse]))
    return { name: running, of: (node) => byNode.get(node) }
  } catch {
    return undefined
  }
}
