/** Azure's network security groups as the guest firewall of a role and as the operator's list, shown by real packets. */
import { it } from 'vitest'
import { describeRow } from './lab.ts'

const folder = 'test/kernel/rows/security-groups'
const answered = { outcome: 'answered' } as const
const silent = (kind: 'guest' | 'access-router', tier: string, rule: string) =>
  ({ outcome: 'silent', stop: [kind, tier, rule] }) as const

describeRow(
  'a network security group as the guest rules of a role (R23)',
  ({ show }) => {
    it('lets in an application security group, and denies the virtual network else', () =>
      show(
        { from: 'lab/shop-web-0', to: 'lab/shop-worker-0', port: 9000, ...answered },
        { from: 'lab/shop-web-2', to: 'lab/shop-worker-0', port: 9000, ...answered },
        {
          from: 'lab/shop-web-0',
          to: 'lab/shop-worker-0',
          protocol: 'udp',
          port: 9001,
          ...silent('guest', 'guest', 'guest/deny-vnet'),
        },
      ))
    it('is asked by its own machine only for what it denies, the platform’s services aside', () =>
      show(
        { from: 'lab/shop-worker-0', to: 'lab/ns1', protocol: 'udp', port: 53, ...answered },
        { from: 'lab/shop-worker-0', to: 'lab/activation1', port: 1688, ...answered },
        {
          from: 'lab/shop-worker-0',
          to: 'lab/shop-web-0',
          port: 8080,
          ...silent('guest', 'guest', 'guest/no-web'),
        },
        {
          from: 'lab/shop-worker-0',
          to: 'lab/fc1',
          port: 7500,
          ...silent('guest', 'guest', 'guest/deny-all-out-bound'),
        },
      ))
  },
  (text) =>
    text.replace(
      'stock: { protocol: udp, port: 9001 }\n',
      `stock: { protocol: udp, port: 9001 }\n        guest: { nsg: ${folder}/worker.json }\n`,
    ),
)

describeRow(
  'a network security group as the operator’s list (R9)',
  ({ show }) => {
    it('lets in what its rules allow, and denies the rest by its own last rule', () =>
      show(
        { from: 'internet', to: 'vip:shop', port: 80, ...answered },
        { from: 'internet', to: 'vip:telemetry', protocol: 'udp', port: 5140, ...answered },
        {
          from: 'internet',
          to: 'vip:names',
          protocol: 'udp',
          port: 53,
          ...silent('access-router', 'operator-acl', 'operator/deny-all-in-bound'),
        },
        {
          from: 'internet',
          to: 'vip:names',
          port: 53,
          ...silent('access-router', 'operator-acl', 'operator/deny-all-in-bound'),
        },
      ))
    it('stops what machines open outward', () =>
      show({
        from: 'lab/shop-web-0',
        to: 'internet',
        port: 443,
        ...silent('access-router', 'operator-acl', 'operator/nothing-else'),
      }))
  },
  (text) =>
    text.replace(
      '    hosts: 2\n',
      `    hosts: 2\n    acl: { nsg: { file: ${folder}/edge.json, name: Edge } }\n`,
    ),
)
