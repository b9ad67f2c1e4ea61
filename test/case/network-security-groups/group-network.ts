/** A network in which a network security group stands somewhere: as the guest rules of a role, or as the operator's list. */
import type { GroupReference } from '../../../src/model/filter/security-groups.ts'
import { type LoadResult, parseNetwork } from '../../../src/model/index.ts'
import { smallNetwork } from '../../../src/model/testing/small-network.ts'
import { FlowTable, judge, type Point } from '../../../src/policy/index.ts'
import type { IpHeaders } from '../../../src/wire/index.ts'

export type Files = Readonly<Record<string, string | Uint8Array>>

export interface Use {
  readonly as: 'guest' | 'acl'
  readonly nsg: GroupReference
  /** Lines of the network file, such as its groups and tags. */
  readonly more?: string
}

/** Guest rules are those of `shop`'s role `web`. */
export function loadWith(files: Files, { as, nsg, more = '' }: Use): LoadResult {
  const reference = JSON.stringify(nsg)
  const text =
    as === 'acl'
      ? smallNetwork.replace('    hosts: 2\n', `    hosts: 2\n    acl: { nsg: ${reference} }\n`)
      : smallNetwork.replace(
          '        kind: web\n',
          `        kind: web\n        guest: { nsg: ${reference} }\n`,
        )
  return parseNetwork(`${text}${more}`, {
    readFile: (path) => {
      const file = files[path]
      if (file === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
      return typeof file === 'string' ? new TextEncoder().encode(file) : file
    },
  })
}

/** The verdict on a packet of no known flow. */
export const verdictOf = (point: Point, packet: IpHeaders): string =>
  judge(point, packet, { flows: new FlowTable(), now: 0n }).verdict
