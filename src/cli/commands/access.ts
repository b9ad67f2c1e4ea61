/** `glacis access grant`, `list` and `revoke`: asked of a network that is up. */
import { formatDuration } from '../../file/index.ts'
import type { GrantResult, ListResult, RevokeResult, RunningLab } from '../../lab/index.ts'
import { askNetwork, chooseNetwork } from '../ask-network.ts'
import { exitCodes } from '../exit-code.ts'
import { findNode } from '../find-node.ts'
import { table } from '../render/table.ts'
import type { Terminal } from '../terminal.ts'
import { userName } from '../user-name.ts'

interface Which {
  readonly name?: string
}

export interface GrantOptions extends Which {
  readonly who: string
  readonly to: string
  readonly from?: string
  readonly port: string
  /** Seconds. */
  readonly for: number
  readonly reason: string
}

export async function grantAccess(options: GrantOptions, terminal: Terminal): Promise<number> {
  const { name, who, to, from, port, reason } = options
  const lab = chooseNetwork(name, 'grant access')
  const params = {
    who,
    by: userName(),
    to: nodeOf(lab, to),
    ...(from === undefined ? {} : { from: nodeOf(lab, from) }),
    port,
    seconds: options.for,
    reason,
  }
  const { grant, log } = (await askNetwork(lab, 'access-grant', { params })) as GrantResult
  terminal.result({ ok: true, network: lab.name, grant, log })
  if (!terminal.json)
    terminal.print(
      [
        `${terminal.out.green('granted')}  ${terminal.out.bold(String(grant.number))}: ${grant.who} from ${grant.from} to ${grant.to} port ${grant.port}`,
        table(
          [
            ['until', `${grant.ends}, for ${formatDuration(Math.ceil(grant.secondsLeft))}`],
            ['reason', grant.reason],
            ['log', log],
          ],
          '  ',
        ),
      ].join('\n'),
    )
  return exitCodes.ok
}

export async function listAccess({ name }: Which, terminal: Terminal): Promise<number> {
  const lab = chooseNetwork(name, 'list access')
  const { grants, log } = (await askNetwork(lab, 'access-list')) as ListResult
  terminal.result({ ok: true, network: lab.name, grants, log })
  if (terminal.json) return exitCodes.ok
  if (grants.length === 0) {
    terminal.print('No grant is in force: jump boxes reach no host.')
    return exitCodes.ok
  }
  const header = ['ID', 'WHO', 'FROM', 'TO', 'PORT', 'LEFT', 'USES', 'REASON'].map(terminal.out.dim)
  const rows = grants.map((grant) => [
    String(grant.number),
    grant.who,
    grant.from,
    grant.to,
    String(grant.port),
    formatDuration(Math.ceil(grant.secondsLeft)),
    String(grant.uses),
    grant.reason,
  ])
  terminal.print(table([header, ...rows]))
  return exitCodes.ok
}

export async function revokeAccess(id: number, { name }: Which, terminal: Terminal): Promise<number> {
  const lab = chooseNetwork(name, 'revoke access')
  const params = { grant: id, by: userName() }
  const { grant, log } = (await askNetwork(lab, 'access-revoke', { params })) as RevokeResult
  terminal.result({ ok: true, network: lab.name, grant, log })
  if (!terminal.json)
    terminal.print(
      `${terminal.out.green('revoked')}  ${grant.number}: ${grant.who} from ${grant.from} to ${grant.to}; ${grant.connections} connections ended, ${grant.uses} were opened`,
    )
  return exitCodes.ok
}

/** A name of no node goes as it is: the network refuses it, and writes that down. */
function nodeOf({ nameServers }: RunningLab, name: string): string {
  const ids = Object.keys(nameServers)
  const isKnown = ids.some((id) => id === name || id.endsWith(`/${name}`))
  return isKnown ? findNode(ids, name) : name
}
