/** What holds of the names of a network, whoever asks for them from outside: every name of the zone is asked for, and every type that it has. */
import type { Network } from '../model/index.ts'
import { formatIp, type Ip, ipEquals, prefixContains } from '../net/index.ts'
import type { PlanInvariant, Remark } from '../verify/index.ts'
import { answer } from './answer.ts'
import { emitMessage } from './emit.ts'
import { Class, Type } from './message.ts'
import { formatName, type Name, name } from './name.ts'
import { parseMessage } from './parse.ts'
import type { Zone } from './zone.ts'

/** What is promised of every zone. */
const [publicNames, completeNames] = Object.freeze([
  {
    kind: 'plan',
    id: 'names-public',
    rows: ['R1', 'R3', 'R13'],
    claim: 'Public answers of DNS point to VIPs only: nothing of the inside is to be learned from them.',
  },
  {
    kind: 'plan',
    id: 'names-complete',
    rows: ['R3'],
    claim: 'Every public service has its name, which leads to its VIPs and to nothing else.',
  },
] as const satisfies readonly Omit<PlanInvariant, 'breaches'>[])

export const namePromises = Object.freeze([publicNames, completeNames])

/** @param zone what name servers answer from to the outside */
export const nameInvariants = (zone: Zone): readonly PlanInvariant[] => [
  {
    ...publicNames,
    breaches: ({ network }) => zoneNames(zone).flatMap((owner) => strangers(network, zone, owner)),
  },
  {
    ...completeNames,
    breaches: ({ network }) =>
      network.services.flatMap(({ deployments }) =>
        deployments.flatMap((each) => misled(network, zone, each)),
      ),
  },
]

/** Addresses that are learned with a name, and are no VIPs. */
function strangers(network: Network, zone: Zone, owner: Name): readonly Remark[] {
  const vips = network.sites.flatMap((site) => site.public.vips)
  const used = [
    ...network.sites.flatMap(({ dnsVips }) => dnsVips),
    ...network.services.flatMap(({ deployments }) => deployments.flatMap((each) => each.vips)),
  ]
  const learned = [Type.any, Type.a, Type.aaaa, Type.ns].flatMap((type) => answersOf(zone, owner, type))
  const at = formatName(owner)
  return distinct(learned).flatMap((address): readonly Remark[] => {
    const text = `who asks for ${at} learns ${formatIp(address)}`
    if (!vips.some((one) => prefixContains(one, address))) return [{ at, text: `${text}, which is no VIP` }]
    if (!used.some((one) => ipEquals(one, address)))
      return [{ at, text: `${text}, a VIP at which there is nothing` }]
    return []
  })
}

/** Where a deployment's name leads elsewhere than to its VIPs. */
function misled(
  { zone: apex }: Network,
  zone: Zone,
  { dnsName, vips }: Network['services'][number]['deployments'][number],
): readonly Remark[] {
  const owner = name(`${dnsName}.${apex}`)
  const at = formatName(owner)
  return ([4, 6] as const).flatMap((family): readonly Remark[] => {
    const led = answersOf(zone, owner, family === 4 ? Type.a : Type.aaaa)
    const own = vips.filter((vip) => vip.family === family)
    const missing = own.filter((vip) => !led.some((one) => ipEquals(one, vip)))
    const foreign = led.filter((one) => !own.some((vip) => ipEquals(one, vip)))
    return [
      ...missing.map((vip) => ({
        at,
        text: `${at} does not lead to ${formatIp(vip)}, a VIP of the service`,
      })),
      ...foreign.map((one) => ({
        at,
        text: `${at} leads to ${formatIp(one)}, which is no VIP of the service`,
      })),
    ]
  })
}

/** Every address in an answer, whatever its section. */
function answersOf(zone: Zone, owner: Name, type: number): readonly Ip[] {
  const query = emitMessage({
    header: {
      id: 1,
      response: false,
      opcode: 0,
      authoritative: false,
      truncated: false,
      recursionDesired: false,
      recursionAvailable: false,
      rcode: 0,
    },
    questions: [{ name: owner, type, class: Class.in }],
    answers: [],
    authorities: [],
    additionals: [],
  })
  const response = answer(zone, query, 'tcp')
  const message = response && parseMessage(response)
  if (!message) return []
  return [...message.answers, ...message.authorities, ...message.additionals].flatMap(({ data }) =>
    data.kind === 'address' ? [data.address] : [],
  )
}

/** Names that have records, in the order of the zone. */
const zoneNames = ({ names }: Zone): readonly Name[] =>
  Array.from(names.values()).flatMap((sets) => {
    const [first] = sets.values()
    return first?.[0] ? [first[0].name] : []
  })

const distinct = (addresses: readonly Ip[]): readonly Ip[] =>
  addresses.filter((address, index) => addresses.findIndex((one) => ipEquals(one, address)) === index)
