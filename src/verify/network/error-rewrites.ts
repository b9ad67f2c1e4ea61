/**
 * What a balancer makes of ICMP errors, as maps between sets: an error follows the flow that it quotes, and what it quotes is translated too.
 * `policy/translate.ts` says it of one error.
 */
import { hostPrefix, type Ip, icmpOf } from '../../net/index.ts'
import type {
  Backend,
  EgressIn,
  EgressOut,
  EndpointIn,
  EndpointOut,
  Lending,
  Translation,
} from '../../policy/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import {
  addressLevels,
  errorsAbout,
  level,
  type PacketSets,
  quotingProtocol,
  quotingTo,
} from '../packets/index.ts'
import { swapEnds } from './ends.ts'
import type { LentConnections } from './rewrites.ts'

/** One translation of errors. */
export interface ErrorRewrite {
  /** Errors to which it applies. */
  readonly domain: DiagramSet
  /** What errors of the domain become. */
  image(errors: DiagramSet): DiagramSet
}

const source = addressLevels('source')
/** The receiver of an error, who sent what it quotes, and from which port. */
const sender = [...addressLevels('destination'), level.sourcePort]
/** To whom the quoted packet went, and to which port. */
const target = [...addressLevels('quoted'), level.destinationPort]

const ofEndpoints = new WeakMap<PacketSets, WeakMap<Translation, ErrorRewrite>>()

export class ErrorRewrites {
  readonly #sets: PacketSets
  readonly #connections: LentConnections

  constructor(sets: PacketSets, connections: LentConnections) {
    this.#sets = sets
    this.#connections = connections
  }

  /** `undefined`: it applies to no error. */
  of(translation: Translation): ErrorRewrite | undefined {
    switch (translation.kind) {
      case 'endpoint-in':
        return translation.hairpin
          ? this.#toEndpoint(translation, translation.hairpin)
          : this.#ofEndpoint(translation)
      case 'endpoint-out':
        return this.#ofEndpoint(translation)
      case 'egress-out':
        return this.#egressOut(translation)
      case 'egress-in':
        return translation.hairpin
          ? this.#hairpin(translation, translation.hairpin)
          : this.#egressIn(translation)
    }
  }

  /** Of connections endpoints know nothing, so that one answer serves for all. */
  #ofEndpoint(translation: EndpointIn | EndpointOut): ErrorRewrite | undefined {
    const known = ofEndpoints.get(this.#sets) ?? new WeakMap<Translation, ErrorRewrite>()
    ofEndpoints.set(this.#sets, known)
    const made =
      known.get(translation) ??
      (translation.kind === 'endpoint-in' ? this.#endpointIn(translation) : this.#endpointOut(translation))
    if (made) known.set(translation, made)
    return made
  }

  /** About answers of machines behind an endpoint: the one that sent it is chosen again. */
  #endpointIn({ vip, protocol, port, backends }: EndpointIn): ErrorRewrite | undefined {
    const sets = this.#sets
    if (backends.length === 0) return undefined
    const machines = this.#sentByAny(backends)
    return {
      domain: sets.mask(quotingProtocol(sets, protocol), this.#sentBy(vip, port)),
      image: (errors) => sets.mask(machines, sets.forget(errors, sender)),
    }
  }

  /** About answers to what VMs opened at an endpoint of their own site. */
  #toEndpoint(endpoint: EndpointIn, { address, ports }: Lending): ErrorRewrite | undefined {
    const sets = this.#sets
    const opened = this.#connections.hairpins(address)?.at(endpoint) ?? sets.none
    if (opened === sets.none) return undefined
    const { vip, protocol, port, backends } = endpoint
    const shown = sets.allOf([this.#shownBy(address, ports), this.#sentByAny(backends)])
    return {
      domain: sets.allOf([
        quotingProtocol(sets, protocol),
        this.#sentBy(vip, port),
        errorsAbout(sets, swapEnds(sets, opened)),
      ]),
      image: (errors) => sets.mask(shown, sets.forget(errors, [...source, ...sender, ...target])),
    }
  }

  /** About what came to a machine behind an endpoint. */
  #endpointOut({ vip, protocol, port, backends }: EndpointOut): ErrorRewrite {
    const sets = this.#sets
    const shown = sets.allOf([this.#from(vip), this.#sentTo([{ address: vip, port }])])
    return {
      domain: sets.mask(quotingProtocol(sets, protocol), this.#sentTo(backends)),
      image: (errors) => sets.mask(shown, sets.forget(errors, [...source, ...target])),
    }
  }

  /** About answers to what VMs opened elsewhere. */
  #egressOut({ address, ports }: EgressOut): ErrorRewrite {
    const sets = this.#sets
    const shown = this.#shownBy(address, ports)
    const nameless = sets.allOf([
      quotingProtocol(sets, icmpOf(address.family)),
      sets.field('destinationPort', [[0, 0]]),
    ])
    const known = errorsAbout(sets, swapEnds(sets, this.#connections.outward(address)))
    return {
      domain: sets.without(sets.mask(sets.family(address.family), known), nameless),
      image: (errors) => sets.mask(shown, sets.forget(errors, [...source, ...target])),
    }
  }

  /** About what VMs opened elsewhere, which left by a port lent. */
  #egressIn({ address, ports }: EgressIn): ErrorRewrite {
    const sets = this.#sets
    const opened = errorsAbout(sets, this.#connections.outward(address))
    return {
      domain: sets.mask(this.#lent(address, ports), sets.forget(opened, sender)),
      image: (errors) => sets.mask(opened, sets.forget(errors, sender)),
    }
  }

  /** About what VMs opened at endpoints of their own site. */
  #hairpin({ address, ports }: EgressIn, endpoints: readonly EndpointOut[]): ErrorRewrite | undefined {
    const sets = this.#sets
    const known = this.#connections.hairpins(address)
    if (!known) return undefined
    const ways = known.among(endpoints).map(({ endpoint, opened }) => {
      const about = errorsAbout(sets, opened)
      const asked = sets.allOf([
        this.#lent(address, ports),
        quotingProtocol(sets, endpoint.protocol),
        this.#sentTo(endpoint.backends),
        sets.forget(about, [...sender, ...target]),
      ])
      return { asked, seen: sets.mask(about, this.#from(endpoint.vip)) }
    })
    return {
      domain: sets.union(ways.map(({ asked }) => asked)),
      image: (errors) =>
        sets.union(
          ways.map(({ asked, seen }) =>
            sets.mask(seen, sets.forget(sets.mask(asked, errors), [...source, ...sender, ...target])),
          ),
        ),
    }
  }

  /** By an address that is lent, about packets to a port of it. */
  #shownBy(address: Ip, { first, last }: Lending['ports']): DiagramSet {
    const sets = this.#sets
    return sets.allOf([
      this.#from(address),
      quotingTo(sets, sets.addresses('destination', [hostPrefix(address)])),
      sets.field('destinationPort', [[first, last]]),
    ])
  }

  #from(address: Ip): DiagramSet {
    return this.#sets.addresses('source', [hostPrefix(address)])
  }

  #lent(address: Ip, { first, last }: EgressIn['ports']): DiagramSet {
    return this.#sets.mask(
      this.#sets.addresses('destination', [hostPrefix(address)]),
      this.#sets.field('sourcePort', [[first, last]]),
    )
  }

  #sentBy(address: Ip, port: number): DiagramSet {
    return this.#lent(address, { first: port, last: port })
  }

  #sentByAny(ends: readonly Pick<Backend, 'address' | 'port'>[]): DiagramSet {
    return this.#sets.union(ends.map(({ address, port }) => this.#sentBy(address, port)))
  }

  #sentTo(ends: readonly Pick<Backend, 'address' | 'port'>[]): DiagramSet {
    const sets = this.#sets
    return sets.union(
      ends.map(({ address, port }) =>
        sets.mask(
          quotingTo(sets, sets.addresses('destination', [hostPrefix(address)])),
          sets.field('destinationPort', [[port, port]]),
        ),
      ),
    )
  }
}
