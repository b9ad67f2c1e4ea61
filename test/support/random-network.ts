/**
 * Random network files: small, and of every shape that a file may have. Sites, rows, families, tenants, roles, endpoints with access lists,
 * rules of operators, machines, hosts and guests, categories of the infrastructure, audit mode.
 */
import { type Network, parseNetwork } from '../../src/model/index.ts'
import { pick, type Random, some } from './random.ts'
import { type Entry, ports, RandomRules } from './random-rules.ts'

/** A file and those that it names, by name. */
export type RandomFiles = Readonly<Record<string, string>>

const networkFile = 'network.yaml'

export interface RandomNetworkOptions {
  /** One of each machine, and one or two VMs of a role. */
  readonly tiny?: boolean
}

/** The files of a random network. */
export function randomFiles(random: Random, { tiny = false }: RandomNetworkOptions = {}): RandomFiles {
  const maker = new Maker(random, tiny)
  return maker.files()
}

/** A random network. Throws with the file if it is not one: then the maker has to follow the model. */
export function randomNetwork(random: Random, options: RandomNetworkOptions = {}): Network {
  const files = randomFiles(random, options)
  const { network, diagnostics } = parseNetwork(files[networkFile] as string, {
    file: networkFile,
    readFile: (file) => {
      const text = files[file]
      if (text === undefined) throw Object.assign(new Error(`no ${file}`), { code: 'ENOENT' })
      return new TextEncoder().encode(text)
    },
  })
  if (network) return network
  throw new Error(
    `make a random network: ${diagnostics.map(({ message }) => message).join('; ')}\n${JSON.stringify(files, null, 1)}`,
  )
}

class Maker {
  readonly #random: Random
  readonly #tiny: boolean
  /** Of both families, or IPv4 alone. */
  readonly #dual: boolean
  readonly #sites: readonly string[]
  readonly #rules: RandomRules
  readonly #made: Record<string, string> = {}

  constructor(random: Random, tiny: boolean) {
    this.#random = random
    this.#tiny = tiny
    this.#dual = random(4) > 0
    this.#rules = new RandomRules(random, this.#dual)
    this.#sites = !tiny && random(3) === 0 ? ['west', 'east'] : ['west']
  }

  files(): RandomFiles {
    const services = this.#services()
    const templates = this.#sites.length > 1 && this.#chance(4) ? ['one', 'other'] : ['one']
    const file = {
      network: 'random',
      zone: 'cloudapp.example',
      internal: this.#families('10.0.0.0/8', 'fd00::/32'),
      internet: this.#families('192.0.2.0/24', '2001:db8:ffff::/48'),
      templates: Object.fromEntries(templates.map((name) => [name, this.#template(name)])),
      sites: Object.fromEntries(
        this.#sites.map((name, index) => [
          name,
          this.#site(index, templates[index % templates.length] as string),
        ]),
      ),
      services,
      groups: { partners: this.#families('192.0.2.64/26', '2001:db8:ffff:4::/62') },
    }
    return { ...this.#made, [networkFile]: JSON.stringify(file, null, 1) }
  }

  /** One in so many. */
  #chance(of: number): boolean {
    return this.#random(of) === 0
  }

  #families(...prefixes: readonly [string, string]): readonly string[] {
    return this.#dual ? prefixes : prefixes.slice(0, 1)
  }

  #count(least: number, most: number): number {
    return this.#tiny ? least : least + this.#random(most - least + 1)
  }

  #template(name: string): Entry {
    const [jump, storage, activation] = [this.#count(1, 2), this.#random(2), this.#random(2)]
    return {
      isps: this.#count(1, 2),
      'access-routers': this.#count(1, 2),
      balancers: this.#count(1, 2),
      'distribution-routers': this.#count(1, 2),
      'name-servers': this.#count(1, 2),
      'fabric-controllers': this.#count(1, 2),
      'jump-boxes': jump,
      'storage-nodes': storage,
      'activation-servers': activation,
      hosts: this.#count(1, 3),
      ...(this.#chance(4) && { ports: { agent: 7000 + this.#random(3), ssh: 2222 } }),
      infrastructure: this.#infrastructure(storage > 0, activation > 0),
      ...(this.#chance(2) && { 'acl-rules': this.#rules.list(1 + this.#random(4), 'edge') }),
      ...(this.#chance(3) && {
        'machine-config': this.#written(`${name}-machine.yaml`, this.#rules.machineConfig()),
      }),
      ...(this.#chance(4) && { 'host-config': this.#written(`${name}-host.yaml`, this.#rules.hostConfig()) }),
      ...(this.#chance(5) && { audit: some(audited, this.#random).slice(0, 2) }),
    }
  }

  #infrastructure(storage: boolean, activation: boolean): Entry {
    const kinds = ['fabric-controllers', 'jump-boxes', 'hosts']
    const clients = (...always: readonly string[]) => [...new Set([...always, ...some(kinds, this.#random)])]
    return {
      dns: { category: 1 },
      fabric: { category: 2, clients: clients('hosts') },
      agent: { category: 2, clients: ['fabric-controllers', 'jump-boxes'] },
      ...(storage && { storage: { category: 2, clients: clients('hosts') } }),
      ...(activation && {
        activation: { category: 3, clients: pick([['vms'], ['vms', 'hosts']], this.#random) },
      }),
      ssh: { category: 3, dips: pick([['fc1'], ['fc1', 'ns1'], ['west/jump1']], this.#random) },
    }
  }

  #site(index: number, template: string): Entry {
    const second = 16 * (index + 1)
    const third = ['198.51.100', '203.0.113'][index] as string
    const six = (index + 1).toString(16)
    const pool = (four: string, inside: number) => this.#families(four, `fd00:0:${six}:${inside}::/64`)
    const open = (four: string, inside: number) => this.#families(four, `2001:db8:${six}:${inside}::/64`)
    return {
      template,
      internal: {
        routers: pool(`10.${second}.0.0/24`, 0),
        infrastructure: pool(`10.${second}.1.0/24`, 1),
        hosts: pool(`10.${second}.2.0/${pick([24, 26], this.#random)}`, 2),
        vms: pool(`10.${second}.64.0/${pick([18, 24], this.#random)}`, 3),
      },
      public: {
        vips: open(`${third}.0/26`, 0),
        routers: open(`${third}.64/28`, 1),
        isps: open(`${third}.80/28`, 2),
      },
    }
  }

  #services(): Entry {
    const count = this.#tiny ? 1 + this.#random(2) : 1 + this.#random(3)
    return Object.fromEntries(
      ['shop', 'blog', 'wiki'].slice(0, count).map((name) => {
        const some = this.#sites.filter(() => !this.#chance(4))
        return [
          name,
          {
            tenant: pick(['contoso', 'fabrikam'], this.#random),
            sites: some.length > 0 ? some : this.#sites.slice(0, 1),
            roles: this.#roles(),
          },
        ]
      }),
    )
  }

  #roles(): Entry {
    const instances = () => (this.#tiny ? 1 + this.#random(2) : 1 + this.#random(3))
    const numbers = [...ports].sort(() => this.#random(3) - 1)
    const worker = this.#random(3) > 0
    return {
      front: {
        kind: 'web',
        instances: instances(),
        public: Object.fromEntries(
          ['one', 'two'].slice(0, 1 + this.#random(2)).map((name) => [
            name,
            {
              protocol: pick(['tcp', 'udp', 'https', 'http'], this.#random),
              port: numbers.pop(),
              ...(this.#chance(2) && { 'local-port': numbers.pop() }),
              ...(this.#chance(3) && { acl: this.#rules.accessList() }),
            },
          ]),
        ),
        ...(this.#chance(4) && {
          'instance-endpoints': {
            debug: { protocol: 'tcp', port: 10_100, 'last-port': 10_103, 'local-port': 9100 },
          },
        }),
        ...(this.#chance(3) && { guest: this.#rules.guest() }),
      },
      ...(worker && {
        back: {
          kind: 'worker',
          instances: instances(),
          internal: {
            work: this.#chance(5)
              ? { protocol: 'any' }
              : {
                  protocol: pick(['tcp', 'udp', 'tcp-udp'], this.#random),
                  port: 9000,
                  ...(this.#chance(2) && { 'last-port': 9000 + this.#random(3) }),
                  ...(this.#chance(2) && { from: pick([['front'], ['back'], []], this.#random) }),
                },
          },
          ...(this.#chance(4) && { guest: this.#rules.guest() }),
        },
      }),
    }
  }

  #written(name: string, rules: readonly Entry[]): string {
    this.#made[name] = JSON.stringify({ rules }, null, 1)
    return name
  }
}

const audited = [
  'access-router/platform-acl',
  'balancer/access-lists',
  'balancer/default',
  'distribution-router/anti-spoofing',
  'hypervisor/machine-config',
  'hypervisor/default',
  'host/host-config',
  'host/default',
  'native-host/default',
  'guest/guest',
]
