/** A network that is up, as those see it who serve questions about it: what runs, and by which rules just now. */
import type { CompileOptions, Deployment } from '../dataplane/index.ts'
import type { Network } from '../model/index.ts'
import type { Policy } from '../policy/index.ts'
import { EventHub } from './event-hub.ts'
import type { Fabric } from './fabric.ts'

/** Rules in force, and what they were derived from. */
export interface InForce {
  readonly network: Network
  readonly policy: Policy
  readonly deployment: Deployment
  /** How often the rules were replaced since the network came up. */
  readonly revision: number
}

export class RunningNetwork {
  readonly name: string
  readonly fabric: Fabric
  readonly events: EventHub
  #inForce: InForce
  #epoch = 0

  constructor(name: string, fabric: Fabric, inForce: Omit<InForce, 'revision'>) {
    this.name = name
    this.fabric = fabric
    this.events = new EventHub(fabric, inForce.network)
    this.#inForce = { ...inForce, revision: 0 }
  }

  get inForce(): InForce {
    return this.#inForce
  }

  /**
   * How the rules that follow are compiled, so that flows go on and are judged again. Each answer is of an epoch of its own: programs that were
   * in force for a moment, before what followed was refused, have judged flows by rules that are not.
   */
  successor(): CompileOptions {
    this.#epoch++
    const filters = Array.from(this.#inForce.deployment.nodes, ([id, { filters }]) => [id, filters] as const)
    return { epoch: this.#epoch, filters: new Map(filters) }
  }

  /** To be said after `Fabric.update`. */
  replaced(inForce: InForce): void {
    this.#inForce = inForce
  }
}
