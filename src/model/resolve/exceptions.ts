/** Exceptions of the network file: what their scopes mean, as addresses of all sites. */
import { parseDate, suggestion } from '../../file/index.ts'
import type { Prefix } from '../../net/index.ts'
import { checkExceptions } from '../check/exceptions.ts'
import type { Exception, Expectation } from '../expectation.ts'
import { joined, type NamedNetwork } from '../filter/address-book.ts'
import type { Network } from '../network.ts'
import { PartyBook } from './party-book.ts'
import type { Resolution } from './resolution.ts'

export function resolveExceptions(
  named: NamedNetwork,
  network: Network,
  expectations: readonly Expectation[],
  resolution: Resolution,
): readonly Exception[] {
  const { file, log, valueAt } = resolution
  if (file.exceptions.length === 0) return Object.freeze([])
  const book = PartyBook(named, network)
  const exceptions = file.exceptions.map((written, index): Exception => {
    const prefixesOf = (end: 'from' | 'to'): readonly Prefix[] | undefined => {
      const names = [written[end] ?? []].flat().map(String)
      if (names.length === 0 || names.includes('any')) return undefined
      return joined(
        names.flatMap((name, place) => {
          const ends = book.lookup(name)
          if (ends && ends.relative.length === 0) return ends
          const at = Array.isArray(written[end])
            ? valueAt('exceptions', index, end, place)
            : valueAt('exceptions', index, end)
          log.report('GL2100', at, `nothing is called '${name}'`, {
            hint: suggestion(name, book.names, 'names are'),
          })
          return []
        }),
      ).prefixes
    }
    const [from, to] = [prefixesOf('from'), prefixesOf('to')]
    return Object.freeze({
      of: written.of,
      ...(from && { from }),
      ...(to && { to }),
      ...(written.at !== undefined && { place: written.at }),
      why: written.why,
      until: parseDate(written.until) as number,
      at: valueAt('exceptions', index),
    })
  })
  checkExceptions(exceptions, expectations, network, resolution)
  return Object.freeze(exceptions)
}
