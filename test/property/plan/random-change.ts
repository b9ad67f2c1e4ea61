/** Random pairs of networks: a small one, and what random edits of its file and of its derived rules make of it. */
import { type Network, parseNetwork } from '../../../src/model/index.ts'
import { smallTwoSites } from '../../../src/model/testing/small-network.ts'
import { derivePolicy, type Point, type Rule } from '../../../src/policy/index.ts'
import type { Derived } from '../../../src/verify/index.ts'
import { pick, type Random } from '../../support/random.ts'

/** Two sites, and two services of other tenants. */
const base = `${smallTwoSites.replace('sites: [west]', 'sites: [west, east]')}  blog:
    tenant: fabrikam
    sites: [west]
    roles:
      front:
        kind: web
        instances: 2
        public:
          http: { protocol: http, port: 80, local-port: 8080 }
`

type Edit = readonly [from: string, to: (random: Random) => string]

const edits: readonly Edit[] = [
  ['instances: 3', (random) => `instances: ${1 + random(4)}`],
  ['instances: 2', (random) => `instances: ${1 + random(3)}`],
  ['hosts: 2', () => 'hosts: 3'],
  ['balancers: 2', () => 'balancers: 1'],
  ['port: 9000', (random) => `port: ${9000 + random(3)}`],
  ['port: 443,', (random) => `port: ${443 + random(3)},`],
  ['local-port: 8443', () => 'local-port: 8444'],
  ['          http: {', () => '          api: { protocol: tcp, port: 8000 }\n          http: {'],
  ['clients: [hosts] }\n      agent', () => 'clients: [hosts, jump-boxes] }\n      agent'],
  ['activation: { category: 3, clients: [vms] }', () => 'activation: { category: 3, clients: [hosts] }'],
  ['kind: worker', () => 'kind: worker\n        instances: 2'],
  ['sites: [west, east]', () => 'sites: [west]'],
  [
    '    infrastructure:\n      dns',
    (random) =>
      `    acl-rules:\n      - { name: a, deny: ${pick(['in', 'out'], random)}, protocol: tcp, ports: ${pick([25, 80, 443], random)} }\n    infrastructure:\n      dns`,
  ],
]

const loaded = (text: string): Network => {
  const { network, diagnostics } = parseNetwork(text)
  if (!network)
    throw new Error(
      `an edit made no network: ${diagnostics.map(({ message }) => message).join('; ')}\n${text}`,
    )
  return network
}

export interface RandomChange {
  readonly old: Derived
  readonly next: Derived
  /** What was changed, for people. */
  readonly story: string
}

/** A network file, and what was changed to make it. */
export function randomText(random: Random): { readonly text: string; readonly story: string } {
  const story: string[] = []
  const used = new Set<string>()
  let made = base
  for (let count = random(3); count > 0; count--) {
    const [from, to] = pick(edits, random)
    // What is there twice is a mistake.
    if (used.has(from) || !made.includes(from)) continue
    used.add(from)
    const text = to(random)
    made = made.replace(from, text)
    story.push(`${from} became ${text}`)
  }
  return { text: made, story: story.join('\n') }
}

export function randomChange(random: Random): RandomChange {
  const edited = randomText(random)
  const story = edited.story === '' ? [] : [edited.story]
  let [before, after] = [base, edited.text]
  // Either may be the older one.
  if (random(2) === 0) [before, after] = [after, before]
  const [old, next] = [before, after].map((text): Derived => {
    const network = loaded(text)
    return { network, policy: derivePolicy(network) }
  }) as [Derived, Derived]
  let { points } = next.policy
  for (let count = random(4) - (story.length > 0 ? 1 : 0); count > 0; count--) {
    const at = random(points.length)
    const changed = withEdit(points[at] as Point, random)
    points = points.with(at, changed.point)
    story.push(changed.story)
  }
  return { old, next: { ...next, policy: { points } }, story: story.join('\n') }
}

/** The point with a rule more, less, or other. */
function withEdit(point: Point, random: Random): { readonly point: Point; readonly story: string } {
  const tiers = point.tiers.flatMap((tier, index) => (tier.kind === 'rules' ? [index] : []))
  if (tiers.length === 0) return { point, story: 'nothing' }
  const at = pick(tiers, random)
  const tier = point.tiers[at] as Extract<Point['tiers'][number], { kind: 'rules' }>
  const place = random(tier.rules.length + 1)
  const rules = [...tier.rules]
  const old = rules[place]
  const kind = old ? pick(['removed', 'flipped', 'swapped', 'inserted'] as const, random) : 'inserted'
  const number = pick([22, 25, 80, 443, 5140, 7443, 8080, 9000], random)
  const inserted: Rule = {
    id: `edit/${random(1000)}`,
    action: pick(['allow', 'deny'] as const, random),
    match: pick(
      [
        {},
        { protocol: 6, destinationPorts: [{ first: number, last: number + random(3) }] },
        { protocol: 17 },
      ],
      random,
    ),
    origin: { kind: 'built-in', name: 'edit' },
    why: 'A test says so.',
  }
  if (kind === 'removed') rules.splice(place, 1)
  if (kind === 'flipped' && old) rules[place] = { ...old, action: old.action === 'deny' ? 'allow' : 'deny' }
  if (kind === 'swapped' && old) {
    const other = random(rules.length)
    ;[rules[place], rules[other]] = [rules[other] as Rule, old]
  }
  if (kind === 'inserted') rules.splice(place, 0, inserted)
  return {
    point: { ...point, tiers: point.tiers.with(at, { ...tier, rules }) },
    story: `${point.id} ${tier.name}: ${old?.id ?? 'the end'} ${kind} ${kind === 'inserted' ? JSON.stringify(inserted) : ''}`,
  }
}
