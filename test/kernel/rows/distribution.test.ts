/** R10: distribution routers let pass approved addresses, sources that are behind an interface, and TCP of connections that may be. */
import { it } from 'vitest'
import type { Policy } from '../../../src/policy/index.ts'
import { describeRow } from './lab.ts'

describeRow(
  'R10: approved addresses, anti-spoofing and established TCP at distribution routers',
  ({ show }) => {
    it('approved addresses: nobody is at an address that no pool holds', () =>
      show(
        { from: 'lab/fc1', to: 'lab/host1', port: 7443, outcome: 'answered' },
        {
          from: 'lab/fc1',
          as: '10.99.0.1',
          to: 'lab/host1',
          port: 7443,
          outcome: 'silent',
          stop: ['distribution-router', 'approved-addresses', 'approved/source'],
        },
      ))
    it('anti-spoofing: a machine speaks for itself alone', () =>
      show({
        from: 'lab/storage1',
        as: 'lab/fc1',
        to: 'lab/host1',
        port: 7443,
        outcome: 'silent',
        stop: ['distribution-router', 'anti-spoofing', 'source/spoofed'],
      }))
    it('established TCP: nobody of the infrastructure opens connections to VMs', () =>
      show({
        from: 'lab/fc1',
        to: 'lab/shop-worker-0',
        port: 22,
        outcome: 'silent',
        stop: ['distribution-router', 'established', 'established/required'],
      }))
  },
  undefined,
  withoutNativeHosts,
)

/** Machines whose own firewalls are no more: what they would stop, somebody who rules the machine sends. */
function withoutNativeHosts({ points }: Policy): Policy {
  return { points: points.filter(({ kind }) => kind !== 'native-host') }
}
