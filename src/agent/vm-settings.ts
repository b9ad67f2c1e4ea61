/**
 * The wire server's second port, 32526: whether the host is well, and the settings of the VM that asks, with an entity tag that
 * changes when they do (as Azure's host agent plug-in). A VM proves that it has read its goal state by its container id.
 */
import type { Network, Node } from '../model/index.ts'
import { type AgentRequest, type AgentResponse, isForwarded, jsonResponse } from './exchange.ts'
import { containerIdOf, instanceIdOf } from './identity.ts'

export interface SettingsState {
  readonly network: Network
  readonly incarnation: number
}

/** @param vm who asks */
export function answerSettings(
  { network, incarnation }: SettingsState,
  vm: Node,
  request: AgentRequest,
): AgentResponse {
  const { method, path, headers } = request
  if (isForwarded(request)) return jsonResponse(400, { error: 'requests that were passed on are refused' })
  if (path !== '/health' && path !== '/versions' && path !== '/vmSettings')
    return jsonResponse(404, { error: 'there is nothing here' })
  if (method !== 'GET') return jsonResponse(405, { error: 'use GET' }, { allow: 'GET' })
  if (path === '/health') return jsonResponse(200, { status: 'healthy', incarnation })
  if (path === '/versions') return jsonResponse(200, ['2015-09-01'])
  const container = containerIdOf(network, vm)
  if (headers.get('x-ms-containerid') === undefined)
    return jsonResponse(400, { error: 'the header x-ms-containerid is required' })
  if (headers.get('x-ms-containerid') !== container)
    return jsonResponse(403, { error: 'the container of x-ms-containerid is not yours' })
  const tag = `"${incarnation}"`
  if (headers.get('if-none-match') === tag) return { status: 304, body: '', headers: { etag: tag } }
  const settings = { containerId: container, instanceId: instanceIdOf(network, vm), incarnation }
  return jsonResponse(200, { ...settings, extensionGoalStates: [] }, { etag: tag })
}
