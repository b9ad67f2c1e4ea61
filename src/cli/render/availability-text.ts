/** How much of the time services are available, as text and as JSON. */
import { formatAvailability, formatDowntime, hoursOfYear } from '../../file/index.ts'
import { availabilityOf, type Network, standardAvailability, wordOf } from '../../model/index.ts'
import { type Anywhere, type Availability, ratedElements, type Weight } from '../../verify/index.ts'
import type { Colors } from '../terminal.ts'
import { table } from './table.ts'

interface Found {
  readonly network: Network
  readonly found: readonly Availability[]
  readonly together: readonly Anywhere[]
  readonly elements: readonly Weight[]
}

/** Elements that are shown of all services together. */
const shown = 8
/** Services that are shown of a network that has many: those that are worst. */
const most = 40

export function availabilityText({ network, found, together, elements }: Found, out: Colors): string {
  if (found.length === 0) return 'nothing in this network is reached from outside'
  const worst = found.length > most ? [...found].sort((a, b) => b.unavailable - a.unavailable) : found
  const rows = worst.slice(0, most).map((each) => rowOf(each, out))
  const more = found.length - rows.length
  const kept = found.filter(({ keeps }) => keeps !== undefined)
  const broken = kept.filter(({ keeps }) => keeps === false)
  const verdict =
    kept.length === 0
      ? out.dim('! nothing is promised: no service states an availability')
      : broken.length === 0
        ? `${out.green('✓')} ${kept.length} of ${kept.length} promises are kept`
        : `${out.red('✗')} ${out.bold(`${broken.length} of ${kept.length}`)} promises are not kept`
  return [
    table(rows),
    ...(more > 0 ? [out.dim(`and ${more} more, which are no worse; --json has all`)] : []),
    ...(found.some(({ isBound }) => isBound)
      ? [out.dim('≥: of long rows of routers only the first are counted; it is at least this')]
      : []),
    ...(together.length > 0 && together.length <= most
      ? ['', 'In any of their sites:', table(together.map(anywhereRow))]
      : []),
    '',
    'Elements that cost most, of all services together in a year:',
    table(elements.slice(0, shown).map(elementRow), '  '),
    '',
    ...standardText(network, elements, out),
    verdict,
  ].join('\n')
}

function rowOf(
  { name, site, unavailable, isBound, target, keeps, hosts, machines, weights }: Availability,
  out: Colors,
): string[] {
  const mark = keeps === undefined ? ' ' : keeps ? out.green('✓') : out.red('✗')
  const [first] = weights
  const promised = target ? `of ${formatAvailability(target.availability)}` : ''
  return [
    `${mark} ${out.bold(name)} in ${site}`,
    `${isBound ? '≥ ' : ''}${formatAvailability(1 - unavailable)}`,
    promised,
    `${formatDowntime(unavailable)} a year`,
    `${count(machines, 'machine')}${hosts === machines ? '' : ` on ${count(hosts, 'host')}`}`,
    ...(first ? [out.dim(`most by ${first.kind} ${first.id}`)] : []),
  ]
}

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`

const anywhereRow = ({ name, sites, unavailable }: Anywhere): string[] => [
  `  ${name} in ${sites.join(' or ')}`,
  formatAvailability(1 - unavailable),
  `${formatDowntime(unavailable)} a year`,
]

const elementRow = ({ kind, id, cost, importance }: Weight): string[] => [
  `${kind} ${id}`,
  formatDowntime(cost),
  `importance ${importance.toPrecision(2)}`,
]

/** Kinds of elements that matter and of which the file says nothing, with what is taken for them. */
function standardText(network: Network, elements: readonly Weight[], out: Colors): string[] {
  const rated = ratedElements(network)
  const words = new Set(
    elements.flatMap(({ id }) => {
      const element = rated.get(id)
      return element && !availabilityOf(network, element).isDeclared ? [wordOf(element)] : []
    }),
  )
  if (words.size === 0) return []
  const values = Array.from(words, (word) => `${word} ${formatAvailability(standardAvailability[word] ?? 1)}`)
  return [out.dim(`! standard values, since the file states none: ${values.join(', ')}`), '']
}

export const weightJson = ({ id, kind, importance, cost }: Weight) => ({
  element: { kind, id },
  importance,
  hoursPerYear: cost * hoursOfYear,
})

export const anywhereJson = ({ name, sites, unavailable }: Anywhere) => ({
  name,
  sites,
  availability: 1 - unavailable,
  downtimeHoursPerYear: unavailable * hoursOfYear,
})

export const availabilityJson = (each: Availability) => ({
  name: each.name,
  service: each.service ?? null,
  site: each.site,
  availability: 1 - each.unavailable,
  isBound: each.isBound,
  downtimeHoursPerYear: each.unavailable * hoursOfYear,
  machines: each.machines,
  hosts: each.hosts,
  target: each.target?.availability ?? null,
  keeps: each.keeps ?? null,
  elements: each.weights.map(weightJson),
})
