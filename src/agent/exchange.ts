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
 * would ask in the guest's name. Whatever a proxy says of whom it asks for counts, empty values too: nobody who asks for himself says so.
 * `_` is read as `-`, which CGI (RFC 3875 section 4.1.18) does not tell apart.
 */
export const isForwarded = ({ headers }: AgentRequest): boolean =>
  [...headers.keys()]
    .map((name) => name.replaceAll('_', '-'))
    .some((name) => proxyHeaders.has(name) || proxyPrefixes.some((of) => name.startsWith(of)))

const proxyHeaders: ReadonlySet<string> = new Set([
  // RFC 7239 section 4; RFC 9110 section 7.6.3.
  'forwarded',
  'via',
  // nginx, HAProxy, Apache httpd (mod_remoteip), Squid, and older balancers.
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-proxyuser-ip',
  'x-remote-addr',
  'x-remote-ip',
  'client-ip',
  'wl-proxy-client-ip',
  'proxy-client-ip',
  // Content delivery networks: RFC 8586 section 2, Cloudflare, Akamai, Fastly.
  'cdn-loop',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'true-client-ip',
  'fastly-client-ip',
  // Exchange and IIS (URL Rewrite), frameworks that take a host or a path from a proxy, clients that take us for one (RFC 9110 section 7.6.1).
  'x-originating-ip',
  'x-host',
  'x-http-host-override',
  'x-rewrite-url',
  'proxy-connection',
])

/** `x-forwarded` alone, `x-forwarded-for` and all its kin; what an ingress kept of them; Envoy; Azure Front Door, Application Gateway. */
const proxyPrefixes = ['x-forwarded', 'x-original-', 'x-envoy-', 'x-azure-', 'x-appgw-'] as const
