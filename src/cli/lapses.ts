/** Which nodes of the running network had not their rules in force. */
import type { Lapse, LapsesResult } from '../lab/index.ts'
import { askNetwork } from './ask-network.ts'
import { askIfUp } from './running.ts'
import type { Terminal } from './terminal.ts'

export interface Lapses {
  /** Name of the running network. */
  readonly name: string
  /** The last of a node; `undefined`: it had none. */
  of(node: string): Lapse | undefined
}

/** Of the network of that name; `undefined` if none is up, or this user may not know, which is said, or it is of a Glacis that cannot tell. */
export const findLapses = (name: string, terminal: Terminal): Promise<Lapses | undefined> =>
  askIfUp(name, 'lapses', {
    terminal,
    work: async (lab) => {
      const { lapses, name: running } = (await askNetwork(lab, 'lapses')) as LapsesResult
      const byNode = new Map(lapses.map((lapse) => [lapse.node, lapse]))
      return { name: running, of: (node) => byNode.get(node) }
    },
  })
