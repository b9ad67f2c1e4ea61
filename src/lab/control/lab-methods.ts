/** All that can be asked of a running lab; a part of the product that has something to say adds a line. */
import type { RunningNetwork } from '../running-network.ts'
import { addApply } from './methods/apply.ts'
import { addCounters } from './methods/counters.ts'
import { addTrace } from './methods/trace.ts'
import { addWatch } from './methods/watch.ts'
import { ControlRegistry } from './registry.ts'

export function labMethods(running: RunningNetwork): ControlRegistry {
  const registry = new ControlRegistry()
  addCounters(registry, running)
  addWatch(registry, running)
  addTrace(registry, running)
  addApply(registry, running)
  return registry
}
