/**
 * HTTPS by default (R16): a role that is public by HTTP and by HTTPS sends those who come by the first to the second, under the name of
 * the service, which is what its certificate bears.
 */
import type { Network, Node } from '../../../model/index.ts'

/**
 * Where a plain request to a machine is to go; `undefined` if it is to be answered there.
 * @param port on which the machine was reached
 * @param target of the request: a path, with its query
 */
export function httpsTarget(
  { services, zone }: Network,
  { vm, site }: Node,
  port: number,
  target: string,
): string | undefined {
  const service = vm && services.find(({ name }) => name === vm.service)
  const endpoints = service?.roles.find(({ name }) => name === vm?.role)?.endpoints ?? []
  const open = endpoints.filter(({ exposure }) => exposure === 'public')
  const plain = open.find((endpoint) => endpoint.application === 'http' && endpoint.port === port)
  const secure = open.find(({ application }) => application === 'https')
  const name = service?.deployments.find((deployment) => deployment.site === site)?.dnsName
  if (!plain || !secure || name === undefined) return undefined
  const at = secure.publicPort === 443 ? '' : `:${secure.publicPort}`
  // A target that is no path was meant for a proxy, and is not repeated.
  return `https://${name}.${zone}${at}${target.startsWith('/') ? target : '/'}`
}

/** For a year, browsers that were here over HTTPS come back over HTTPS (RFC 6797 section 6.1.1). */
export const strictTransport = 'max-age=31536000'
