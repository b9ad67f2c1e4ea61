/** GL208x: what is expected of a network, and what is excepted. */
import { type DiagnosticEntry, entry } from './entry.ts'

export const expectationEntries = {
  GL2080: entry(
    'expectation about nothing',
    'Nobody sends what the expectation speaks of, or nobody else is there to be addressed: it would hold whatever the network does.',
    'A name such as `jump-boxes` means machines that there are; with `same-site` they must be of one site. An address counts if a machine has it, or if it is outside; what the Internet sends to the Internet passes by this network.',
  ),
  GL2081: entry(
    'two expectations of one name',
    'The proof calls an expectation by its name, `expect:NAME`, and exceptions do too.',
  ),
  GL2082: entry(
    'expectations contradict each other',
    'Some packet is of both expectations: one says that it arrives, the other that it never does. Expectations have no order, all of them are to hold.',
  ),
  GL2083: entry(
    'exception of nothing',
    'An exception names a built-in invariant, or an expectation of the file as `expect:NAME`, or `expect:3` for the third if it has no name; or `failures`, for what breaks when something fails, which is narrowed by `at` alone. `docs/guide/proofs.md` lists the invariants.',
  ),
  GL2084: entry(
    'exception at no place',
    'Nothing is found at the place of an exception, so that it would cover nothing: no site, machine, link or enforcement point is called so, and none matches where it is a pattern.',
    'A place is a site (`west`), a machine (`west/host2`), an interface of one (`west/dr1 eth0`), a link, or an enforcement point as `glacis rules` lists them (`west/host2/vm/shop-web-0/in`), each with what lies below it; `*` stands for anything.',
  ),
} as const satisfies Record<string, DiagnosticEntry>
