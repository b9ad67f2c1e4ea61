/** Helpers that choose where the packet goes. */
import {
  ERRNO,
  SK_BUFF,
  TC_ACT_REDIRECT,
  TC_ACT_SHOT,
  XDP_ABORTED,
  XDP_MD,
  XDP_REDIRECT,
} from '../../kernel-abi.ts'
import { DeviceMap } from '../maps/device-map.ts'
import { CONTEXT_TAG } from '../memory.ts'
import { Trap } from '../trap.ts'
import type { HelperTable } from './index.ts'

const INGRESS = 1
/** Of `redirect_map`: the low bits are the verdict if the map has no such entry. */
const MAP_FLAG = { fallback: 3, broadcast: 8, excludeIngress: 16 } as const
const FIB_PARAMETERS = 64

export const REDIRECT_HELPERS: HelperTable = {
  redirect: (machine) => {
    const flags = machine.integer(2)
    const xdp = machine.type === 'xdp'
    if (xdp ? flags !== 0 : (flags & ~INGRESS) !== 0) {
      machine.setResult(xdp ? XDP_ABORTED : TC_ACT_SHOT)
      return
    }
    machine.redirection = { ifindexes: [machine.low(1)], ingress: flags === INGRESS, kind: 'plain' }
    machine.setResult(xdp ? XDP_REDIRECT : TC_ACT_REDIRECT)
  },

  redirect_map: (machine) => {
    const map = machine.memory.mapAt(machine.registers.lo[1]!, machine.registers.hi[1]!)
    if (!(map instanceof DeviceMap))
      throw new Trap('bad-argument', `'${map.spec.name}' holds no interfaces; pass a devmap`)
    const flags = machine.integer(3)
    if ((flags & ~(MAP_FLAG.fallback | MAP_FLAG.broadcast | MAP_FLAG.excludeIngress)) !== 0) {
      machine.setResult(XDP_ABORTED)
      return
    }
    const ingress = machine.context.get(XDP_MD.ingress_ifindex)
    const all = (flags & MAP_FLAG.broadcast) !== 0
    const found = map.interfaceAt(machine.low(2))
    if (!all && found === undefined) {
      machine.setResult(flags & MAP_FLAG.fallback)
      return
    }
    const excluded = (flags & MAP_FLAG.excludeIngress) !== 0
    const ifindexes = all ? map.interfaces().filter((ifindex) => !excluded || ifindex !== ingress) : [found!]
    machine.redirection = { ifindexes, ingress: false, kind: 'map' }
    machine.setResult(XDP_REDIRECT)
  },

  redirect_peer: (machine) => {
    if (machine.integer(2) !== 0) {
      machine.setResult(TC_ACT_SHOT)
      return
    }
    machine.redirection = { ifindexes: [machine.low(1)], ingress: true, kind: 'peer' }
    machine.setResult(TC_ACT_REDIRECT)
  },

  redirect_neigh: (machine) => {
    if (machine.integer(4) !== 0) {
      machine.setResult(TC_ACT_SHOT)
      return
    }
    machine.redirection = { ifindexes: [machine.low(1)], ingress: false, kind: 'neighbour' }
    machine.setResult(TC_ACT_REDIRECT)
  },

  clone_redirect: (machine) => {
    machine.checkContext(1)
    const flags = machine.integer(3)
    machine.packet.invalidate()
    if ((flags & ~INGRESS) !== 0) {
      machine.setResult(-ERRNO.EINVAL)
      return
    }
    machine.clones.push({
      ifindexes: [machine.low(2)],
      ingress: flags === INGRESS,
      kind: 'clone',
      packet: machine.packet.bytes.slice(),
    })
    machine.setResult(0)
  },

  fib_lookup: (machine) => {
    if (machine.registers.hi[1] !== CONTEXT_TAG)
      throw new Trap('bad-argument', 'argument 1 is not the context; pass it')
    const look = machine.environment.fibLookup
    if (look === undefined)
      throw new Trap('unknown-helper', 'fib_lookup has nothing to ask here; give the engine a fibLookup')
    const size = machine.low(3)
    const parameters = machine.bytes(2, size, true)
    if (size < FIB_PARAMETERS) {
      machine.setResult(-ERRNO.EINVAL)
      return
    }
    const own = machine.type === 'xdp' ? XDP_MD.ingress_ifindex : SK_BUFF.ifindex
    machine.setResult(look(parameters, machine.low(4), machine.context.get(own)))
  },
}
