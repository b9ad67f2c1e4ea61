/** Who may use the infrastructure of a site: the firewall category of each of its services, and the clients that it names. */
import * as v from 'valibot'
import { parseIp } from '../../net/index.ts'
import { count, namePattern } from './values.ts'

/** A machine or an address: `fc1`, `west/jump1`, `10.16.1.7`. */
const machine = v.pipe(
  v.string(),
  v.check(
    (text) => parseIp(text) !== undefined || text.split('/').every((part) => namePattern.test(part)),
    'machine',
  ),
)

/** Kinds of machines as clients of an infrastructure service, by the words that templates count them with. */
export const infrastructureClientKinds = [
  'name-servers',
  'fabric-controllers',
  'jump-boxes',
  'storage-nodes',
  'activation-servers',
  'hosts',
  'vms',
] as const

// That the category is there is checked in `model`, where the remedy can say which ones fit.
const infrastructureService = (description: string) =>
  v.optional(
    v.pipe(
      v.strictObject({
        category: v.optional(
          count(
            1,
            3,
            '1: exposed behind the balancers. 2: a limited set of addresses, mutually authenticated (mTLS). 3: enumerated internal addresses only.',
          ),
        ),
        clients: v.optional(
          v.pipe(
            v.array(v.picklist(infrastructureClientKinds)),
            v.maxLength(infrastructureClientKinds.length),
            v.description('Kinds of machines of the same site that may connect.'),
          ),
          [],
        ),
        dips: v.optional(
          v.pipe(
            v.array(machine),
            v.maxLength(256),
            v.description(
              'Machines that may connect, one by one: internal addresses, or names (`fc1` of the same site, `west/jump1` of any).',
            ),
            v.examples([['fc1', 'west/jump1', '10.16.1.7']]),
          ),
          [],
        ),
      }),
      v.description(description),
    ),
  )

export const Infrastructure = v.strictObject({
  dns: infrastructureService('Name servers.'),
  fabric: infrastructureService('Fabric controllers.'),
  agent: infrastructureService('The agent in each host partition.'),
  storage: infrastructureService('Storage nodes.'),
  activation: infrastructureService('Activation servers.'),
  ssh: infrastructureService('Jump boxes.'),
})
