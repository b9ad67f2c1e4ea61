/** Which packets endpoints of a balancer want, by protocol and port rather than one by one: there may be very many endpoints. */
import { formatIp, type Ip } from '../../net/index.ts'
import type { EndpointIn, EndpointOut, Translation } from '../../policy/index.ts'

/** What some endpoints want that differ in an address alone: the VIP, or that of a machine that answers. */
export interface Wanted {
  /** One of them. */
  readonly first: EndpointIn | EndpointOut
  readonly port: number
  readonly addresses: readonly Ip[]
}

interface Group {
  readonly first: EndpointIn | EndpointOut
  readonly port: number
  /** With who wants what is for, or from, each of them. */
  readonly addresses: Map<bigint, { readonly address: Ip; readonly by: Translation[] }>
}

export class WantedPackets {
  readonly #groups = new Map<string, Group>()
  #areApart = true

  constructor(translations: readonly Translation[]) {
    for (const translation of translations) {
      if (translation.kind === 'endpoint-in') this.#put(translation, translation.port, translation.vip)
      if (translation.kind === 'endpoint-out')
        for (const { address, port } of translation.backends) this.#put(translation, port, address)
    }
  }

  /** No two endpoints want the same packets. */
  get areApart(): boolean {
    return this.#areApart
  }

  /** @param isMeant absent: all are */
  of(isMeant: (translation: Translation) => boolean = () => true): readonly Wanted[] {
    return [...this.#groups.values()].flatMap(({ first, port, addresses }): readonly Wanted[] => {
      const meant = [...addresses.values()].flatMap(({ address, by }) => (by.some(isMeant) ? [address] : []))
      return meant.length > 0 ? [{ first, port, addresses: meant }] : []
    })
  }

  #put(translation: EndpointIn | EndpointOut, port: number, address: Ip): void {
    const lent = translation.kind === 'endpoint-in' ? translation.hairpin?.address : undefined
    const key = `${translation.kind} ${translation.protocol} ${port} ${address.family} ${lent && formatIp(lent)}`
    const group = this.#groups.get(key) ?? { first: translation, port, addresses: new Map() }
    this.#groups.set(key, group)
    const there = group.addresses.get(address.value)
    if (there) {
      this.#areApart = false
      there.by.push(translation)
    } else group.addresses.set(address.value, { address, by: [translation] })
  }
}
