/** Packets of connections through a balancer, in both directions, and errors about them. */
import { type Family, type Ip, Protocol } from '../../net/index.ts'
import { chooseBackend, type EndpointIn, egressCandidates, portBlock } from '../../policy/index.ts'
import type { IpHeaders, QuotedFlow } from '../../wire/index.ts'
import type { BalancerWorld, End, Endpoint } from './arbitrary-balancer.ts'
import type { Draw } from './draw.ts'
import { drawFrame, spoil } from './draw-frame.ts'
import { errorAbout, packetOf, waitsNearTimeouts } from './filter-steps.ts'
import type { Step } from './point-runner.ts'

const [outside, inward] = [0, 1]

/** What is drawn: ends of a packet, and where it arrives; or the ends of a packet that an error sent there quotes. */
interface Arrival {
  readonly point: number
  readonly ends: QuotedFlow
  readonly error?: true
  /** The packet answers another: TCP seldom opens with it. */
  readonly answer?: true
  /** The packet is of a connection's opener: TCP often opens with it. */
  readonly opener?: true
}

export function drawBalancerStep(d: Draw, world: BalancerWorld, waits = false): Step {
  const family = d.pick([4, 6] as const)
  const { point, ends, error, answer, opener } = vary(d, world, drawArrival(d, world, family))
  const headers: IpHeaders = error
    ? errorAbout(d, ends, d.pick([ends.destination, d.pick(world.machines[ends.source.family])]))
    : withFlags(d, packetOf(d, ends), answer ? answers : opener ? opens : undefined)
  const frame = drawFrame(d, headers)
  return {
    point: d.chance(96) ? point : 1 - point,
    frame: d.chance(5) ? spoil(d, frame) : frame,
    ...(waits && d.chance(4) && { wait: d.pick(waitsNearTimeouts) }),
  }
}

/** Flags of TCP that lead far: those of who answers, and of who opens. */
const answers = [0x12, 0x12, 0x10, 0x18, 0x14, 0x11]
const opens = [0x02, 0x02, 0x02, 0x02, 0x10, 0x10, 0x10, 0x18, 0x11, 0x14]

const withFlags = (d: Draw, headers: IpHeaders, usual: readonly number[] | undefined): IpHeaders =>
  usual && headers.protocol === Protocol.tcp && d.chance(85)
    ? { ...headers, tcpFlags: d.pick(usual) }
    : headers

function drawArrival(d: Draw, world: BalancerWorld, family: Family): Arrival {
  const endpoint = endpointOf(d, world, family)
  return endpoint && d.chance(45) ? ofEndpoint(d, world, endpoint) : ofEgress(d, world)
}

function endpointOf(d: Draw, { endpoints }: BalancerWorld, family: Family): Endpoint | undefined {
  const some = endpoints.filter(({ vip }) => vip.family === family)
  return some.length > 0 ? d.pick(some) : undefined
}

const flow = (source: End, destination: End, protocol: number): QuotedFlow => ({
  source: source.address,
  destination: destination.address,
  protocol,
  sourcePort: source.port,
  destinationPort: destination.port,
})

function ofEndpoint(d: Draw, world: BalancerWorld, endpoint: Endpoint): Arrival {
  const { vip: address, port, protocol, backends } = endpoint
  const vip = { address, port }
  const backend = backends.length > 0 ? d.pick(backends) : vip
  const [client, vm] = [d.pick(world.clients[address.family]), d.pick(world.users[address.family])]
  switch (d.below(9)) {
    case 0:
    case 1:
      return { point: outside, ends: flow(client, vip, protocol) }
    case 2:
      return { point: inward, ends: flow(backend, client, protocol), answer: true }
    case 3:
      return { point: outside, ends: flow(vip, client, protocol), error: true }
    case 4:
      return { point: inward, ends: flow(client, backend, protocol), error: true }
    case 5:
    case 6:
      return { point: inward, ends: flow(vm, vip, protocol), opener: true }
    case 7:
      return { point: inward, ends: flow(vip, vm, protocol), error: true }
    default: {
      const chosen = chooseBackend(asIn(endpoint), flow(vm, vip, protocol)) ?? vip
      const lent = lentEnd(d, world, flow(vm, chosen, protocol))
      return d.chance(60)
        ? { point: inward, ends: flow(chosen, lent, protocol), answer: true }
        : { point: inward, ends: flow(lent, chosen, protocol), error: true }
    }
  }
}

const asIn = (endpoint: Endpoint): EndpointIn => {
  const known = ins.get(endpoint)
  if (known) return known
  const made: EndpointIn = { ...endpoint, kind: 'endpoint-in', rule: unused }
  ins.set(endpoint, made)
  return made
}

/** One for each endpoint, since the evaluator keeps a table with each. */
const ins = new WeakMap<Endpoint, EndpointIn>()
const unused: EndpointIn['rule'] = {
  id: 'unused',
  action: 'allow',
  match: {},
  origin: { kind: 'built-in', name: 'unused' },
  why: 'Only to ask for a backend.',
}

/** The egress address with the port that the flow most likely was lent. */
function lentEnd(d: Draw, { egress, lent, machines, borrowers }: BalancerWorld, opened: QuotedFlow): End {
  const { family } = opened.source
  const known = borrowers[family]
  const index = known.findIndex(({ value }) => value === opened.source.value)
  const block = portBlock({ ports: lent, borrowers: known }, Math.max(0, index))
  const port = egressCandidates(opened, block)[d.chance(85) ? 0 : d.below(8)] as number
  return { address: egress[family] ?? (machines[family][0] as Ip), port }
}

function ofEgress(d: Draw, world: BalancerWorld): Arrival {
  const opened = d.pick(world.connections)
  const back = reverse(opened)
  const lent = lentEnd(d, world, opened)
  switch (d.below(11)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return { point: inward, ends: opened, opener: true }
    case 4:
    case 5:
    case 6:
      return {
        point: outside,
        ends: { ...back, destination: lent.address, destinationPort: lent.port },
        answer: true,
      }
    case 7:
    case 8: {
      const translated = { ...opened, source: lent.address, sourcePort: lent.port }
      return { point: outside, ends: translated, error: true }
    }
    case 9:
      return { point: inward, ends: back, error: true }
    default:
      return { point: outside, ends: { ...opened, destination: d.pick(world.vips[opened.source.family]) } }
  }
}

const reverse = ({ source, destination, protocol, sourcePort, destinationPort }: QuotedFlow): QuotedFlow => ({
  source: destination,
  destination: source,
  protocol,
  sourcePort: destinationPort,
  destinationPort: sourcePort,
})

/** Now and then one thing is not as it should be. */
function vary(d: Draw, world: BalancerWorld, arrival: Arrival): Arrival {
  if (!d.chance(8)) return arrival
  const { ends } = arrival
  const { family } = ends.source
  const any = d.pick([
    ...world.vips[family],
    ...world.machines[family],
    ...world.clients[family].map(({ address }) => address),
    ...Object.values(world.egress).filter((a) => a.family === family),
  ])
  const changed = d.pick<Partial<QuotedFlow>>([
    { sourcePort: (ends.sourcePort + 1) & 0xffff },
    { destinationPort: (ends.destinationPort + 1) & 0xffff },
    { source: any },
    { destination: any },
    { protocol: d.pick([Protocol.tcp, Protocol.udp]) },
  ])
  return { ...arrival, ends: { ...ends, ...changed } }
}
