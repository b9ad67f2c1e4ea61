/** What to try with a network that is up: commands to copy. */

import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Network, nodesOfKind, virtualEndpoints } from '../../model/index.ts'
import type { Terminal } from '../terminal.ts'
import { packageRoot } from '../version.ts'

export function invitation(network: Network, file: string, name: string, { out }: Terminal): string {
  const program = programName()
  const rows = [...clientCommands(network), ...insideCommands(network, file)].map(([words, about]) => [
    `${program} ${words}`,
    about,
  ])
  const width = Math.max(...rows.map(([command = '']) => command.length))
  return [
    `${out.green('●')} ${out.bold(name)} is up. In another terminal:`,
    '',
    ...rows.map(([command = '', about = '']) => `    ${command.padEnd(width)}  ${out.dim(about)}`),
    '',
    `Ctrl-C here, or '${program} down ${name}' there, takes it down.`,
  ].join('\n')
}

type Row = readonly [words: string, about: string]

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
    [`shell ${outside} -- dig +short ${host}`, 'the name of a service'],
    [`shell ${outside} -- curl -sk ${application}://${host}${shown}/`, 'a VM answers, through a balancer'],
  ]
}

function insideCommands(network: Network, file: string): Row[] {
  const [site] = network.sites
  const [jump] = nodesOfKind(network, site?.name, 'jump-box')
  const [router] = nodesOfKind(network, site?.name, 'access-router')
  const outside = network.nodes.find(({ kind }) => kind === 'internet')?.id
  return [
    ...(jump ? [[`shell ${jump.id}`, 'a shell in a machine'] as const] : []),
    ...(router ? [[`shell ${router.id} -- tcpdump -ni any`, 'what passes a router'] as const] : []),
    ...(jump && outside
      ? [
          [
            `trace ${file} --from ${outside} --to ${jump.id} --proto icmp`,
            'why a packet does not arrive',
          ] as const,
        ]
      : []),
  ]
}

/** What the user types to run this program: a checkout is not on the PATH. */
export function programName(): string {
  const root = packageRoot()
  return existsSync(join(root, 'tsconfig.build.json')) ? relative('.', join(root, 'bin', 'glacis')) : 'glacis'
}
