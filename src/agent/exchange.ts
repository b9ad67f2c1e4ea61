/** A request to a host service and its answer, without sockets: what the services are functions of. */

export interface AgentRequest {
  readonly method: string
  /** Without the query; begins with a slash. */
  readonly path: string
  readonly query: URLSearchParams
  /** By name in lower case. A header given twice is one, joined by commas (RFC 9110 section 5.3). */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export interface AgentResponse {
  readonly status: number
  /** Absent: there is no body. */
  readonly contentType?: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

export const jsonResponse = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): AgentResponse => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
  headers,
})

export const xmlResponse = (status: number, text: string): AgentResponse => ({
  status,
  contentType: 'text/xml; charset=utf-8',
  body: `<?xml version="1.0" encoding="utf-8"?>\n${text}\n`,
})

export const textResponse = (status: number, text: string): AgentResponse => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body: text,
})

/**
 * Whether somebody passed the request on. Who asks is told by the source address, so that a proxy that a guest runs for others
 * would ask in the guest's name: RFC 7239 and its forerunner, RFC 9110 section 7.6.3.
 */
export const isForwarded = ({ headers }: AgentRequest): boolean =>
  ['x-forwarded-for', 'forwarded', 'via'].some((name) => headers.has(name))
