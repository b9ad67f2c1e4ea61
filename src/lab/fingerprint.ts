/**
 * What a network file comes to, in few bytes: two files with the same fingerprint bring up the same network. So a command that has read a
 * file can tell whether that is what runs. Names of files, places in them and reasons of rules are no part of it.
 */
import { createHash } from 'node:crypto'
import type { Network } from '../model/index.ts'
import { formatIp } from '../net/index.ts'
import { digestOf, meaningsOf, type Policy } from '../policy/index.ts'
import { partsOf } from './topology.ts'

export interface Fingerprint {
  /** Of machines, addresses, cables and routes: what stays as it is while a network is up. */
  readonly topology: string
  /** Of rules, of what listens where, of names, and of how long access is granted: what `apply` changes. */
  readonly rules: string
}

export const fingerprintOf = (network: Network, policy: Policy): Fingerprint => ({
  topology: hashOf(Array.from(partsOf(network), ([name, { fields }]) => [name, JSON.stringify(fields)])),
  rules: hashOf([...settingsOf(network), ...listenersOf(network), ...pointsOf(policy)]),
})

export const sameFingerprint = (one: Fingerprint, other: Fingerprint): boolean =>
  one.topology === other.topology && one.rules === other.rules

function hashOf(parts: Iterable<readonly [name: string, form: string]>): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(JSON.stringify(part))
  return hash.digest('hex')
}

const settingsOf = ({ zone, support }: Network): readonly (readonly [string, string])[] => [
  ['zone', zone],
  ['support', JSON.stringify(support)],
]

function* listenersOf({ nodes }: Network): Generator<readonly [string, string]> {
  for (const { id, listeners } of nodes)
    for (const { name, protocol, port, application, addresses } of listeners)
      yield [
        `listener ${id} ${name}`,
        [protocol, port, JSON.stringify(application), ...(addresses ?? []).map(formatIp)].join(' '),
      ]
}

function* pointsOf({ points }: Policy): Generator<readonly [string, string]> {
  for (const point of points) {
    const { id, kind, interfaces, direction, scope = {}, flow } = point
    const flows = flow ? [flow.table, flow.heading, flow.quota ?? ''] : []
    yield [`point ${id}`, [kind, direction, ...interfaces, digestOf(scope), ...flows].join(' ')]
    for (const { rule, meaning } of meaningsOf(point)) yield [rule.id, meaning]
  }
}
