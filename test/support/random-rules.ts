/** Random rules of people, as they are written in network files: access lists, operators' lists, guests, machine and host configuration. */
import { pick, type Random } from './random.ts'

/** An object of a file. */
export type Entry = Readonly<Record<string, unknown>>

/** Ports about which rules and endpoints are: few, so that they meet. */
export const ports = [22, 53, 80, 443, 1688, 7443, 7500, 7600, 8080, 8443, 9000, 9001, 12_288, 49_152]

export class RandomRules {
  readonly #random: Random
  readonly #dual: boolean

  /** @param dual of both families, or of IPv4 alone */
  constructor(random: Random, dual: boolean) {
    this.#random = random
    this.#dual = dual
  }

  accessList(): readonly Entry[] {
    const sources = [
      '192.0.2.0/25',
      '192.0.2.128/27',
      '198.51.100.0/26',
      '10.16.64.0/20',
      '2001:db8:ffff:4::/62',
    ]
    return Array.from({ length: 1 + this.#random(2) }, () => ({
      [pick(['allow', 'deny'], this.#random)]: [pick(this.#known(sources), this.#random)],
    }))
  }

  guest(): Entry {
    return {
      rules: this.list(1 + this.#random(4), 'guest'),
      ...(this.#chance(3) && { outbound: pick(['allow', 'deny'], this.#random) }),
    }
  }

  /** Of a network without IPv6 what it knows. */
  #known(texts: readonly string[]): readonly string[] {
    return this.#dual ? texts : texts.filter((text) => !text.includes(':'))
  }

  list(count: number, where: 'edge' | 'guest' | 'machine'): readonly Entry[] {
    const names = {
      edge: ['internet', 'vips', 'partners', 'any', '192.0.2.32/27', '192.0.2.7', '2001:db8:ffff:8::/61'],
      guest: [
        'internet',
        'vms',
        'egress',
        'this',
        'partners',
        '10.16.64.0/22',
        '192.0.2.0/25',
        'name-servers',
      ],
      machine: [
        'vms',
        'same-service',
        'name-servers',
        'routers',
        'hosts',
        'internet',
        'internal',
        'this-host',
      ],
    }[where]
    return Array.from({ length: count }, (_, index) => {
      // Conditions that no packet of one family can fulfil together are a mistake in a file.
      const six = this.#dual && this.#chance(2)
      const ofFamily = names.filter((name) => (six ? !name.includes('.') : !name.includes(':')))
      const end = () => pick(ofFamily, this.#random)
      const protocol = pick([undefined, 'tcp', 'udp', six ? 'icmp6' : 'icmp', 47], this.#random)
      const ported = protocol === 'tcp' || protocol === 'udp'
      const number = pick(ports, this.#random)
      return {
        name: `r${index}`,
        [pick(['allow', 'deny'], this.#random)]: pick(['in', 'out'], this.#random),
        ...(this.#chance(2) && { from: this.#chance(3) ? [end(), end()] : end() }),
        ...(this.#chance(2) && { to: end() }),
        ...(protocol !== undefined && { protocol }),
        ...(ported &&
          this.#chance(2) && {
            ports: pick([number, `${number}-${number + 1 + this.#random(3)}`], this.#random),
          }),
        ...(ported && this.#chance(5) && { 'source-ports': `${1024 * this.#random(40)}-65535` }),
        ...(protocol === 'tcp' && where !== 'machine' && this.#chance(4) && { established: true }),
        ...(protocol === 'icmp' && this.#chance(2) && { 'icmp-type': pick([0, 3, 8], this.#random) }),
        why: 'A test says so.',
      }
    })
  }

  machineConfig(): readonly Entry[] {
    return [
      ...this.list(this.#random(3), 'machine'),
      { name: 'dns', allow: 'out', protocol: ['udp', 'tcp'], to: 'name-servers', ports: 'dns' },
      { name: 'cluster', allow: 'out', to: 'vms' },
      { name: 'internal', deny: 'out', to: 'internal' },
      { name: 'internet', allow: 'out' },
    ]
  }

  hostConfig(): readonly Entry[] {
    return [
      { name: 'agent', allow: 'in', protocol: 'tcp', from: 'fabric-controllers', ports: 'agent' },
      ...(this.#chance(2)
        ? [
            {
              name: 'ping',
              allow: 'in',
              protocol: 'icmp',
              from: pick(['infrastructure', 'jump-boxes'], this.#random),
            },
          ]
        : []),
      { name: 'fabric', allow: 'out', protocol: 'tcp', to: 'fabric-controllers', ports: 'fabric' },
      ...(this.#chance(2)
        ? [
            {
              name: 'dns',
              allow: 'out',
              protocol: 'udp',
              to: 'name-servers',
              ports: 'dns',
              'source-ports': '1024-65535',
            },
          ]
        : []),
    ]
  }

  /** One in so many. */
  #chance(of: number): boolean {
    return this.#random(of) === 0
  }
}
