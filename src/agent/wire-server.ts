/**
 * The wire server: how a VM learns what it is to be and says how it is, at 168.63.129.16 port 80. The protocol is the one that
 * Azure's agents speak (WALinuxAgent, `azurelinuxagent/common/protocol/wire.py`): `/?comp=versions`, `/machine?comp=goalstate`, the
 * configuration that it refers to, and `/machine?comp=health`. But for the first, the header `x-ms-version` is required; what somebody
 * passed on is refused.
 */
import type { Network, Node } from '../model/index.ts'
import { type AgentRequest, type AgentResponse, isForwarded, xmlResponse } from './exchange.ts'
import { goalStateXml, sharedConfigPath, sharedConfigXml, versionsXml, wireVersions } from './goal-state.ts'
import { type HealthReport, parseHealthReport } from './health-report.ts'
import { containerIdOf, instanceIdOf } from './identity.ts'

/** What the wire server of a host knows, and what it is told. */
export interface WireState {
  readonly network: Network
  /** Counts how often the VMs of the host were given something new to be. */
  readonly incarnation: number
  /** Where the VM found the server: `http://168.63.129.16:80`. */
  readonly origin: string
  /** Takes a report of the VM that asks. */
  record(report: HealthReport): void
}

/** @param vm who asks */
export function answerWire(state: WireState, vm: Node, request: AgentRequest): AgentResponse {
  const { method, query, headers } = request
  if (isForwarded(request))
    return refusal(400, 'ForwardedRequest', 'requests that were passed on are refused')
  const path = withoutSlashes(request.path)
  const comp = query.get('comp')
  if (path === '' && comp === 'versions') return only('GET', method, () => xmlResponse(200, versionsXml()))
  if (path !== '/machine' && !path.startsWith('/machine/'))
    return refusal(404, 'ResourceNotFound', 'there is nothing here')
  const version = headers.get('x-ms-version')
  if (version === undefined)
    return refusal(400, 'MissingRequiredHeader', 'the header x-ms-version is required')
  if (!(wireVersions as readonly string[]).includes(version))
    return refusal(400, 'InvalidHeaderValue', `x-ms-version is one of ${wireVersions.join(', ')}`)
  if (path === '/machine' && comp === 'goalstate')
    return only('GET', method, () =>
      xmlResponse(200, goalStateXml(state.network, vm, state.incarnation, state.origin)),
    )
  if (path === '/machine' && comp === 'health')
    return only('POST', method, () => takeHealth(state, vm, request.body))
  if (comp === 'config') return only('GET', method, () => config(state, vm, path, query))
  return refusal(404, 'ResourceNotFound', 'there is nothing here')
}

/** Without slashes at its end. A loop: a regular expression would begin anew at each slash of a long row that something follows. */
function withoutSlashes(path: string): string {
  let end = path.length
  while (path[end - 1] === '/') end--
  return path.slice(0, end)
}

function config(state: WireState, vm: Node, path: string, query: URLSearchParams): AgentResponse {
  const { network, incarnation } = state
  if (path !== sharedConfigPath(network, vm) || query.get('type') !== 'sharedConfig')
    return refusal(404, 'ResourceNotFound', 'this is no configuration of yours')
  const asked = query.get('incarnation')
  if (asked !== null && asked !== String(incarnation))
    return refusal(410, 'ResourceGone', 'there is a newer goal state')
  return xmlResponse(200, sharedConfigXml(network, vm, incarnation))
}

function takeHealth({ network, record }: WireState, vm: Node, body: string): AgentResponse {
  const report = parseHealthReport(body)
  if (!report) return refusal(400, 'InvalidXml', 'this is no health report')
  const own = report.container === containerIdOf(network, vm) && report.instance === instanceIdOf(network, vm)
  if (!own) return refusal(403, 'NotYours', 'a machine reports on itself alone')
  record(report)
  return { status: 200, body: '' }
}

function only(wanted: string, method: string, answer: () => AgentResponse): AgentResponse {
  if (method === wanted) return answer()
  return { ...refusal(405, 'UnsupportedVerb', `use ${wanted}`), headers: { allow: wanted } }
}

const refusal = (status: number, code: string, message: string): AgentResponse =>
  xmlResponse(status, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`)
