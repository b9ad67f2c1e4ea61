/** Who is left of a promise: that alone is to be asked where nothing is lost on the ways. */
import type { Node } from '../../model/index.ts'
import type { OpenPromise } from './promise.ts'

export type Presence =
  /** Somebody who may open it, and something that they could reach. */
  | 'left'
  /** Nobody is left who may open it. */
  | 'unused'
  /** Senders are left, and nothing that they could reach. */
  | 'gone'

/** @param left the node of an id, if it is left */
export function presenceOf({ senders, goal }: OpenPromise, left: (id: string) => Node | undefined): Presence {
  const isLeft = (id: string): boolean => left(id) !== undefined
  const first = senders.find(isLeft)
  if (first === undefined) return 'unused'
  switch (goal.kind) {
    case 'outside':
      return 'left'
    case 'endpoint': {
      const isReached = goal.endpoints.some(
        ({ vip, backends }) =>
          backends.some(({ node }) => isLeft(node)) &&
          senders.some((id) => left(id)?.addresses.some(({ family }) => family === vip.family)),
      )
      return isReached ? 'left' : 'gone'
    }
    case 'machines': {
      if (!goal.nodes.some(isLeft)) return 'gone'
      const isAlone = goal.nodes.every((id) => id === first || !isLeft(id))
      return isAlone && !senders.some((id) => id !== first && isLeft(id)) ? 'unused' : 'left'
    }
  }
}
