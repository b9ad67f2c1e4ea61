/** To what an exception is narrowed, in words. */
import { formatPrefix, type Prefix } from '../net/index.ts'
import type { Exception } from './expectation.ts'

/**
 * ` from 192.0.2.0/24 at west/host2`, with a blank before it; empty if it is narrowed to nothing.
 * @param most prefixes that are named of each list
 */
export function exceptionScope({ from, to, place }: Exception, most = Number.POSITIVE_INFINITY): string {
  const list = (word: string, prefixes: readonly Prefix[] | undefined): string => {
    if (!prefixes) return ''
    const more = prefixes.length > most ? ` and ${prefixes.length - most} more` : ''
    return ` ${word} ${prefixes.slice(0, most).map(formatPrefix).join(', ')}${more}`
  }
  return `${list('from', from)}${list('to', to)}${place === undefined ? '' : ` at ${place}`}`
}
