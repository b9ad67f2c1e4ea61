/** GL209x: what elements can bear, how often they are there, and what is asked of services. */
import { type DiagnosticEntry, entry } from './entry.ts'

export const ratingEntries = {
  GL2090: entry(
    'capacity or availability of nothing',
    'A key below `capacity` or `availability` of a site is the name of a machine of that site, such as `ar2`, or of one of its links, such as `ar1:lb1`: the machine at one end, and the interface there that leads to the other. `site` is the site as a whole, which has an availability and no capacity.',
    '`glacis check FILE --failures 1 --json` names every machine and link that breaks something; interfaces are called as the machine that they lead to.',
  ),
  GL2091: entry(
    'demand on nothing',
    'A key below `demand` of a service is one of its endpoints, as `ROLE/ENDPOINT`: `web/https`. Of a service that is imported, roles and endpoints are called as its definition calls them.',
  ),
} as const satisfies Record<string, DiagnosticEntry>
