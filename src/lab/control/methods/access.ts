/** `access-grant`, `access-list`, `access-revoke`: access of staff to hosts. Who may connect to the socket may grant. */
import * as v from 'valibot'
import { AccessError, type AccessRequest, type GrantStatus } from '../../../control/index.ts'
import type { SupportAccess } from '../../support-access.ts'
import { ControlError } from '../protocol.ts'
import type { ControlRegistry } from '../registry.ts'

export interface GrantResult {
  readonly grant: GrantStatus
  /** Path of the audit log. */
  readonly log: string
}
export interface ListResult {
  readonly grants: readonly GrantStatus[]
  readonly log: string
}
export interface RevokeResult {
  readonly grant: GrantStatus & { readonly connections: number }
  readonly log: string
}

const text = v.pipe(v.string(), v.maxLength(2000))

const Request = v.strictObject({
  who: text,
  by: text,
  to: text,
  from: v.optional(text),
  port: v.optional(text),
  seconds: v.number(),
  // As long as an argument of a command may be: too long a reason is refused by who writes refusals down.
  reason: v.pipe(v.string(), v.maxLength(131_072)),
})

const Revocation = v.strictObject({
  grant: v.pipe(v.number(), v.integer(), v.minValue(1)),
  by: text,
})

export function addAccess(registry: ControlRegistry, access: SupportAccess): void {
  registry.add('access-grant', Request, ({ from, port, ...rest }): GrantResult => {
    const request: AccessRequest = {
      ...rest,
      ...(from !== undefined && { from }),
      ...(port !== undefined && { port }),
    }
    return { grant: told(() => access.use((c) => c.grant(request))), log: access.log }
  })
  registry.add(
    'access-list',
    v.strictObject({}),
    (): ListResult => ({
      grants: told(() => access.use((c) => c.list())),
      log: access.log,
    }),
  )
  registry.add(
    'access-revoke',
    Revocation,
    ({ grant, by }): RevokeResult => ({
      grant: told(() => access.use((c) => c.revoke(grant, by))),
      log: access.log,
    }),
  )
}

function told<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof AccessError ? new ControlError(error.code, error.message) : error
  }
}
