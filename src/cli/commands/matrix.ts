/** `glacis matrix FILE`: who reaches what, as a table, a picture or a page. */
import { globSource, suggestion } from '../../file/index.ts'
import type { Network } from '../../model/index.ts'
import { type Matrix, matrixOf } from '../../verify/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { derived, requireNetwork } from '../network-argument.ts'
import { matrixHtml } from '../render/matrix/matrix-html.ts'
import { matrixSvg } from '../render/matrix/matrix-svg.ts'
import { matrixJson, matrixText } from '../render/matrix/matrix-text.ts'
import { openProgress } from '../render/progress.ts'
import type { Terminal } from '../terminal.ts'
import { writeResult } from '../write-file.ts'

export interface MatrixOptions {
  readonly tenant?: string
  readonly from?: string
  readonly to?: string
  readonly svg?: string
  readonly html?: string
}

export function matrix(file: string | undefined, options: MatrixOptions, terminal: Terminal): number {
  const network = requireNetwork(file, terminal)
  const { tenant, from, to, svg, html } = options
  checkTenant(network, tenant)
  const policy = derived(network, terminal)
  const progress = openProgress(terminal)
  const started = performance.now()
  const isLarge = policy.points.length > 1000
  const [isFrom, isTo] = [from, to].map((pattern) => named(pattern))
  const known = { groups: new Set<string>(), offers: new Set<string>() }
  const made = matrixOf(network, policy, {
    ...(tenant !== undefined && { tenant }),
    explain: svg !== undefined || html !== undefined || terminal.json,
    isGroup: ({ name }) => {
      known.groups.add(name)
      return isFrom?.(name) ?? true
    },
    isOffer: ({ of, name }) => {
      known.offers.add(of)
      return (isTo?.(of) || isTo?.(`${of} ${name}`)) ?? true
    },
    progress: (phase, done, total) => {
      if (isLarge) progress(phase, done, total)
    },
  })
  progress.end()
  checkFound(made, options, known)
  const seconds = (performance.now() - started) / 1000
  terminal.result(matrixJson(network.name, made, seconds))
  if (svg !== undefined) write(svg, matrixSvg(network.name, made), terminal)
  if (html !== undefined) write(html, matrixHtml(network.name, made), terminal)
  if (!terminal.json && svg === undefined && html === undefined)
    terminal.print(matrixText(made, seconds, terminal))
  return exitCodes.ok
}

/** Names of the table, in any case; part of a name is enough where there is no `*`. */
function named(pattern: string | undefined): ((name: string) => boolean) | undefined {
  if (pattern === undefined) return undefined
  const wanted = pattern.toLowerCase().replace('/', ' ')
  if (!wanted.includes('*')) return (name) => name.toLowerCase().includes(wanted)
  const expression = new RegExp(`^${globSource(wanted)}$`)
  return (name) => expression.test(name.toLowerCase())
}

function checkTenant({ services }: Network, tenant: string | undefined): void {
  const tenants = [...new Set(services.map((service) => service.tenant))]
  if (tenant === undefined || tenants.includes(tenant)) return
  throw new CommandError(
    `show the matrix of '${tenant}': there is no such tenant; ${suggestion(tenant, tenants, 'tenants are')}`,
  )
}

function checkFound(
  { groups, offers }: Matrix,
  { from = '', to = '' }: MatrixOptions,
  known: Readonly<Record<'groups' | 'offers', ReadonlySet<string>>>,
): void {
  if (groups.length === 0)
    throw new CommandError(
      `show the matrix from '${from}': no group is called so; ${suggestion(from, known.groups, 'groups are')}`,
    )
  if (offers.length === 0)
    throw new CommandError(
      `show the matrix to '${to}': nobody who offers anything is called so; ${suggestion(to, known.offers, 'those who do are')}`,
    )
}

function write(file: string, text: string, terminal: Terminal): void {
  writeResult(file, text, 'write')
  terminal.say(`wrote ${file}`)
}
