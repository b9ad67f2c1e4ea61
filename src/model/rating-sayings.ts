/** What a network file says of how much is carried, asked, and promised, in words that two files can be compared by. */
import { formatRate, type Rate } from '../file/index.ts'
import type { Network, Service, Site } from './network.ts'
import { type Ratings, standardAvailability } from './rating.ts'
import { serviceByName, siteByName } from './select.ts'

export type RatingSubject = 'capacity' | 'demand' | 'availability'

/** By name of what is said, what is said of it. */
export type Sayings = ReadonlyMap<string, string>

/** Of sites and services that are in the other network too. */
export function ratingsOf(subject: RatingSubject, network: Network, other: Network): Sayings {
  const sites = network.sites.filter(({ name }) => siteByName(other, name))
  const services = network.services.filter(({ name }) => serviceByName(other, name))
  switch (subject) {
    case 'capacity':
      return new Map(sites.flatMap((site) => sayings(subject, site, site.capacity, rateText)))
    case 'demand':
      return new Map(services.flatMap(demandsOf))
    case 'availability':
      return new Map([
        ...sites.flatMap((site) => sayings(subject, site, withStandard(site.availability), shareText)),
        ...services.flatMap(targetOf),
      ])
  }
}

type Saying = readonly [name: string, text: string]

function sayings<T>(
  subject: RatingSubject,
  { name: site }: Site,
  { kinds, elements }: Ratings<T>,
  text: (value: T) => string,
): readonly Saying[] {
  return [
    ...Object.entries(kinds).map(
      ([kind, value]): Saying => [`${subject} of ${kind} in ${site}`, text(value)],
    ),
    ...Object.entries(elements).map(([id, value]): Saying => [`${subject} of ${id}`, text(value)]),
  ]
}

/** Kinds of which the file says nothing have a value all the same. */
const withStandard = ({ kinds, elements }: Ratings<number>): Ratings<number> => ({
  kinds: { ...standardAvailability, ...kinds },
  elements,
})

const demandsOf = ({ name, demands }: Service): readonly Saying[] =>
  demands.map(({ role, endpoint, in: inward, out, packetSize }) => [
    `demand of ${name}/${role}/${endpoint}`,
    `${rateText({ bits: inward })} in, ${rateText({ bits: out })} out, packets of ${packetSize} bytes`,
  ])

const targetOf = ({ name, target }: Service): readonly Saying[] =>
  target ? [[`availability of ${name}`, shareText(target.availability)]] : []

/** All digits: what differs in any of them is another. */
const rateText = ({ bits, packets }: Rate): string =>
  [
    ...(bits === undefined ? [] : [formatRate(bits, 'bits', 15)]),
    ...(packets === undefined ? [] : [formatRate(packets, 'packets', 15)]),
  ].join(', ')

const shareText = (share: number): string => `${Number((share * 100).toFixed(9))}%`
