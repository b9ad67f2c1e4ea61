/** Access lists of endpoints as sets of packets by their source, read from the model. */
import type { AccessList } from '../../model/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { Proof } from './proof.ts'

/** Packets whose source the list lets in; without a list all. */
export function admitted(proof: Proof, acl: AccessList | undefined): DiagramSet {
  const { sets } = proof
  if (!acl) return sets.all
  const first = sets.first(
    acl.rules.map(({ action, sources }) => sets.valued(proof.by(sources), action === 'allow' ? 1 : 2)),
  )
  const isClosed = acl.rules.some(({ action }) => action === 'allow')
  return isClosed
    ? sets.mask(
        sets.all,
        sets.where(first, (value) => value === 1),
      )
    : sets.without(
        sets.all,
        sets.where(first, (value) => value === 2),
      )
}
