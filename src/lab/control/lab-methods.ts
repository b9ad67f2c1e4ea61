/** All that can be asked of a running lab; a part of the product that has something to say adds a line. */
import type { RunningNetwork } from '../running-network.ts'
import type { SupportAccess } from '../support-access.ts'
import { addAccess } from './methods/access.ts'
import { addApply } from './methods/apply.ts'
import { addCounters } from './methods/counters.ts'
import { addInForce } from './methods/in-force.ts'
import { addLapses } from './methods/lapses.ts'
import { addTrace } from './methods/trace.ts'
import { addWatch } from './methods/watch.ts'
import { ControlRegistry } from './registry.ts'

/** @param access absent: a network to whose hosts nobody can be given access */
export function labMethods(running: RunningNetwork, access?: SupportAccess): ControlRegistry {
  const registry = new ControlRegistry()
  addCounters(registry, running)
  addWatch(registry, running)
  addTrace(registry, running, access)
  addApply(registry, running)
  addInForce(registry, running)
  addLapses(registry, running)
  if (access) addAccess(registry, access)
  return registry
}
