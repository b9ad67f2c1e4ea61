/** Changes of endpoints and clients are such as a file may have: no port of a VIP or of VMs is taken twice, and clients are of a category that can have them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pick, type Random, randomFrom } from '../../../test/support/random.ts'
import { randomNetwork } from '../../../test/support/random-network.ts'
import {
  type Endpoint,
  loadNetwork,
  type Network,
  parseNetwork,
  type Service,
  sharePortAtVip,
  sharePortAtVm,
} from '../../model/index.ts'
import { smallTwoSites } from '../../model/testing/small-network.ts'
import { hostPrefix, PortRange, Protocol } from '../../net/index.ts'
import { openEndpoint } from './endpoint-edits.ts'
import { changeClients } from './model-edits.ts'
import { subjectOf } from './subject.ts'

const small = parseNetwork(smallTwoSites).network as Network
const example = loadNetwork('examples/two-sites/network.yaml').network as Network

interface Asked {
  readonly from?: (id: string) => boolean
  readonly protocol?: number
  readonly ports?: PortRange
}

/** Of everybody, or of some machines, to the first role of that name, or to machines of a kind. */
function subject(
  network: Network,
  to: string,
  { from = (id) => id === 'internet', protocol, ports }: Asked = {},
) {
  const addresses = (isMeant: (id: string) => boolean) =>
    network.nodes.filter(({ id }) => isMeant(id)).flatMap((node) => node.addresses.map(hostPrefix))
  return subjectOf(network, [
    {
      from: addresses(from),
      to: addresses((id) => id.includes(to)),
      ...(protocol !== undefined && { protocol }),
      ...(ports && { ports: [ports] }),
    },
  ])
}

/** What the endpoints of the asked role become, and how that is said. */
function opened(network: Network, to: string, asked: Asked) {
  const about = subject(network, to, asked)
  const [of] = about.roles
  if (!of) throw new Error(`no role is called ${to}`)
  const edit = openEndpoint(about, of)
  const services = edit?.network?.(network).services ?? []
  const service = services.find(({ name }) => name === of.service.name)
  return { text: edit?.text, endpoints: service?.roles.flatMap(({ endpoints }) => endpoints) ?? [] }
}

/** Endpoints of a service of which two have the same port. */
function clashes({ roles }: Service): readonly (readonly [Endpoint, Endpoint])[] {
  const pairs = (list: readonly Endpoint[]) =>
    list.flatMap((one, index) => list.slice(index + 1).map((other) => [one, other] as const))
  return [
    ...pairs(roles.flatMap(({ endpoints }) => endpoints)).filter((pair) => sharePortAtVip(...pair)),
    ...roles.flatMap(({ endpoints }) => pairs(endpoints).filter((pair) => sharePortAtVm(...pair))),
  ]
}

const tcp = (first: number, last?: number): Asked => ({
  protocol: Protocol.tcp,
  ports: PortRange(first, last),
})

describe('an endpoint that would open something', () => {
  it('is an internal one made public, where that is what is asked about', () => {
    const { text, endpoints } = opened(example, 'shop-worker', tcp(9000))
    expect(text).toBe('make endpoint orders of role worker of shop a public one, tcp 9000')
    expect(endpoints.find(({ name }) => name === 'orders')?.exposure).toBe('public')
  })

  it('takes the port of the VIP from another role', () => {
    const { text, endpoints } = opened(example, 'shop-worker', tcp(443))
    expect(text).toContain('and endpoint https of role web another port than 443: they share the VIP')
    expect(endpoints.find(({ name }) => name === 'https')?.publicPort).toBe(444)
  })

  it('has another port of the VMs, where an endpoint of another VIP port has it', () => {
    const { text } = opened(example, 'shop-web', tcp(8443))
    expect(text).toBe('give role web of shop a public endpoint for tcp 8443 with local-port 8444')
  })

  it('is none, where the role has it or where it would be of no use', () => {
    expect(opened(example, 'shop-web', tcp(443)).text).toBeUndefined()
    expect(opened(example, 'shop-web', { protocol: Protocol.icmp }).text).toBeUndefined()
    const own = { from: (id: string) => id.includes('shop-'), ...tcp(9000) }
    expect(opened(example, 'shop-worker', own).text).toBeUndefined()
  })

  it('has of a range the ports that are free', () => {
    const own = { from: (id: string) => id.includes('shop-') }
    const { text } = opened(example, 'shop-worker', { ...own, ...tcp(8998, 9003) })
    expect(text).toBe('give role worker of shop an internal endpoint for tcp 8998-8999')
    const udp = { ...own, protocol: Protocol.udp, ports: PortRange(67, 70) }
    expect(opened(example, 'shop-worker', udp).text).toContain('udp 69-70')
  })

  it('takes no port twice, in networks of every shape', () => {
    let made = 0
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = randomFrom(seed)
        const network = random(3) === 0 ? small : randomNetwork(random)
        for (let count = 0; count < 20; count++) {
          const about = subject(network, pick(['front', 'back', 'web', 'worker'], random), anyAsked(random))
          for (const of of about.roles) {
            const after = openEndpoint(about, of)?.network?.(network)
            if (!after) continue
            made++
            expect(after.services.flatMap(clashes)).toEqual([])
          }
        }
      }),
      { numRuns: 15 },
    )
    expect(made).toBeGreaterThan(100)
  })
})

function anyAsked(random: Random): Asked {
  const inside = pick(['shop-', 'blog-', 'front', 'fc1'], random)
  const first = pick([22, 66, 443, 8080, 8443, 9000, 9100, 10_100, 65_535], random)
  return {
    ...(random(2) === 0 && { from: (id) => id.includes(inside) }),
    ...(random(3) > 0 && { protocol: pick([Protocol.tcp, Protocol.udp], random) }),
    ...(random(3) > 0 && { ports: PortRange(first, Math.min(first + random(4), 65_535)) }),
  }
}

describe('clients of the infrastructure', () => {
  const from = (part: string): Asked => ({ from: (id) => id.includes(part) })

  it('are of category 3 if VMs are among them', () => {
    const edit = changeClients(subject(example, 'storage1', from('shop-web')), 'storage', 'datacenter', 'add')
    expect(edit?.text).toContain("among the clients of 'storage', and make it category 3")
    expect(
      edit?.network?.(example).sites.map(({ infrastructure }) => infrastructure.storage?.category),
    ).toEqual([3, 3])
    const jump = changeClients(subject(example, 'storage1', from('jump')), 'storage', 'datacenter', 'add')
    expect(jump?.text).toBe("name them among the clients of 'storage'")
  })

  it('are never from outside', () => {
    expect(changeClients(subject(example, 'storage1'), 'storage', 'datacenter', 'add')).toBeUndefined()
  })

  it('are others, where they were the only ones', () => {
    const vms = subject(example, 'activation1', from('-web-'))
    expect(changeClients(vms, 'activation', 'datacenter', 'remove')?.text).toBe(
      "name others in their place as clients of 'activation'",
    )
  })
})
