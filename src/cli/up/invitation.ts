/** What to try with a network that is up: commands to copy. */

import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Mode } from '../../lab/index.ts'
import { type Network, nodesOfKind, virtualEndpoints } from '../../model/index.ts'
import { table } from '../render/table.ts'
import type { Terminal } from '../terminal.ts'
import { packageRoot } from '../version.ts'

/** @param mode in portable mode there are no nodes to be in */
export function invitation(
  network: Network,
  file: string,
  name: string,
  { out }: Terminal,
  mode: Mode = 'kernel',
): string {
  const program = programName()
  const all = [...clientCommands(network), ...insideCommands(network), ...questions(network, file, name)]
  const possible = all.filter(([, words]) => mode === 'kernel' || !words.startsWith('shell '))
  const rows = possible.map(([about, words]) => [out.dim(about), `${program} ${words}`])
  return [
    `${out.green('●')} ${out.bold(name)} is up. In another terminal:`,
    '',
    table(rows, '    '),
    '',
    `Ctrl-C here, or '${program} down ${name}' there, takes it down.`,
  ].join('\n')
}

type Row = readonly [about: string, words: string]

/** What somebody in the Internet does with the first service that has a public name. */
function clientCommands(network: Network): Row[] {
  const outside = network.nodes.find(({ kind }) => kind === 'internet')?.id
  const endpoint = virtualEndpoints(network).find(
    ({ application }) => application === 'https' || application === 'http',
  )
  if (!outside || endpoint?.owner.kind !== 'service') return []
  const { owner, site, application, port } = endpoint
  const service = network.services.find(({ name }) => name === owner.service)
  const deployment = service?.deployments.find((candidate) => candidate.site === site)
  if (!deployment) return []
  const host = `${deployment.dnsName}.${network.zone}`
  const shown = port === (application === 'https' ? 443 : 80) ? '' : `:${port}`
  return [
    ['find a service', `shell ${outside} -- dig +short ${host}`],
    ['use it', `shell ${outside} -- curl -sk ${application}://${host}${shown}/`],
  ]
}

function insideCommands(network: Network): Row[] {
  const [site] = network.sites
  const [jump] = nodesOfKind(network, site?.name, 'jump-box')
  const [router] = nodesOfKind(network, site?.name, 'access-router')
  const rows: Row[] = []
  if (jump) rows.push(['enter a machine', `shell ${jump.id}`])
  if (router) rows.push(['watch a router', `shell ${router.id} -- tcpdump -ni any`])
  return rows
}

function questions(network: Network, file: string, name: string): Row[] {
  const [jump] = nodesOfKind(network, network.sites[0]?.name, 'jump-box')
  const outside = network.nodes.find(({ kind }) => kind === 'internet')?.id
  const named = name === network.name ? '' : ` --name ${name}`
  const rows: Row[] = [['watch drops', `watch --verdict deny${named}`]]
  if (jump && outside)
    rows.push([
      'explain a drop',
      `trace ${quoted(file)} --from ${outside} --to ${jump.id} --proto icmp --live${named}`,
    ])
  return rows
}

/** As one word of a shell's command line. */
const quoted = (word: string): string =>
  /^[\w./@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** What the user types to run this program: a checkout is not on the PATH. */
export function programName(): string {
  const root = packageRoot()
  if (!existsSync(join(root, 'tsconfig.build.json'))) return 'glacis'
  const path = relative('.', join(root, 'bin', 'glacis'))
  return path.includes('/') ? path : `./${path}`
}
