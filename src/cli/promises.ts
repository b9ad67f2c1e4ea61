/** What `glacis check` proves of every network, as `glacis explain` tells it: from the invariants themselves. */
import { namePromises } from '../dns/index.ts'
import { type Invariant, invariants } from '../verify/index.ts'

export interface Promised {
  readonly id: string
  /** Of the requirements. */
  readonly rows: readonly string[]
  readonly claim: string
  readonly judged: string
  /** Absent: all machines are looked at, however many there are. */
  readonly alike?: string
  readonly guide: string
}

/** Where an invariant of each kind is judged, and what follows from it. */
const places: Readonly<Record<Invariant['kind'], string>> = {
  network:
    'through the network: whatever such senders send is followed along every way, through all filters and translations, and must not be found where it is not to be',
  arrival: 'on every way: of what is to arrive nothing may be lost, whichever of equal ways it takes',
  answers:
    'through the network and back: what answers an opening returns through filters that know its flow and balancers that know its connection',
  errors: 'through the network, by what ICMP errors quote, with the connections that are known',
  point: 'at each enforcement point alone, whatever arrives there: it holds even if all other layers fail',
  passage: 'at each balancer alone, whatever arrives there',
  plan: 'by comparison of rules, routes, machines and names, without a packet',
  expectation: 'through the network, as the file says it',
}

export const promises: readonly Promised[] = [
  ...invariants.map((invariant) => promised(invariant, invariant.ofAlike)),
  ...namePromises.map((promise) => promised(promise)),
]

function promised(
  { id, rows, claim, kind }: Pick<Invariant, 'id' | 'rows' | 'claim' | 'kind'>,
  ofAlike?: true,
): Promised {
  return {
    id,
    rows,
    claim,
    judged: places[kind],
    ...(ofAlike && {
      alike: 'from 400 hosts and VMs on a few stand for those that differ in nothing that a rule asks about',
    }),
    guide: 'docs/guide/proofs.md#what-is-proven',
  }
}

/** Those that state a row of the requirements. */
export const promisedBy = (row: string): readonly Promised[] =>
  promises.filter(({ rows }) => rows.includes(row))

/** Rows that any of them states, in order. */
export const rowsOf = (some: readonly Promised[]): readonly string[] =>
  [...new Set(some.flatMap(({ rows }) => rows))].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)))
