/** What can be asked of a running lab: methods by name, each with the form of its parameters. */
import * as v from 'valibot'
import { nearest } from '../../file/index.ts'
import { ControlError } from './protocol.ts'

export interface Call {
  /** Aborted when the client has gone, or the lab goes down: what the method started must end. */
  readonly signal: AbortSignal
  /** Sends an event; false if it was left out because the client does not read. */
  emit(event: unknown): boolean
}

type Work = (params: unknown, call: Call) => Promise<unknown>

export class ControlRegistry {
  readonly #methods = new Map<string, Work>()

  /** @param work resolves to the result, which must be JSON; throws `ControlError` for what the user can mend */
  add<S extends v.GenericSchema>(
    name: string,
    params: S,
    work: (params: v.InferOutput<S>, call: Call) => unknown,
  ): this {
    if (this.#methods.has(name))
      throw new TypeError(`add control method ${name}: there is one (a bug of Glacis)`)
    this.#methods.set(name, async (given, call) => {
      const parsed = v.safeParse(params, given ?? {})
      if (parsed.success) return work(parsed.output, call)
      const [issue] = parsed.issues
      const place = v.getDotPath(issue) ?? 'params'
      throw new ControlError('GL7004', `read parameters of ${name}: ${place}: ${issue.message}; correct them`)
    })
    return this
  }

  get names(): readonly string[] {
    return [...this.#methods.keys()]
  }

  /** Rejects with `ControlError` if there is no such method, or its parameters are wrong. */
  async call(method: string, params: unknown, call: Call): Promise<unknown> {
    const work = this.#methods.get(method)
    if (work) return work(params, call)
    const near = nearest(method, this.names)
    const remedy = near === undefined ? `there are ${this.names.join(', ')}` : `did you mean ${near}?`
    throw new ControlError(
      'GL7003',
      `call ${method.slice(0, 60)}: this network has no such method; ${remedy}`,
    )
  }
}
