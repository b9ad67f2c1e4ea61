/**
 * The metadata server: what a VM may know about itself, at 169.254.169.254. The protocol is that of the Azure Instance Metadata
 * Service: `GET /metadata/instance[/PATH]?api-version=V[&format=text]` with the header `Metadata: true`. A request without it, or
 * one that somebody passed on, is refused: so a web application that can be talked into fetching a URL cannot be made to tell.
 */
import type { Network, Node } from '../model/index.ts'
import { type AgentRequest, type AgentResponse, isForwarded, jsonResponse, textResponse } from './exchange.ts'
import { instanceDocument, type Metadata } from './instance-document.ts'

/** Oldest first. What is answered does not differ between them. */
export const apiVersions = Object.freeze(['2021-02-01', '2021-12-13', '2023-07-01'] as const)

/** @param vm who asks */
export function answerMetadata(network: Network, vm: Node, request: AgentRequest): AgentResponse {
  const { method, path, query, headers } = request
  if (isForwarded(request)) return refusal(400, 'Bad request. Forwarded requests are not answered')
  if (headers.get('metadata')?.toLowerCase() !== 'true')
    return refusal(400, "Bad request. Required header 'Metadata: true' not specified")
  const steps = path.split('/').filter((step) => step !== '')
  if (steps[0] !== 'metadata') return refusal(404, 'Not found')
  if (method !== 'GET') return refusal(405, 'Method not allowed', { allow: 'GET' })
  if (steps[1] === 'versions' && steps.length === 2) return jsonResponse(200, { apiVersions })
  if (steps[1] !== 'instance') return refusal(404, 'Not found')
  const wrong = versionMistake(query)
  if (wrong) return jsonResponse(400, { error: wrong, 'newest-versions': apiVersions.toReversed() })
  const found = find(instanceDocument(network, vm), steps.slice(2))
  if (found === undefined) return refusal(404, 'Not found')
  const formats = query.getAll('format')
  if (formats.length > 1 || !['json', 'text'].includes(formats[0] ?? 'json'))
    return refusal(400, "Bad request. format must be 'json' or 'text'")
  if (formats[0] === 'text') return textResponse(200, asText(found))
  return typeof found === 'string'
    ? refusal(400, 'Bad request. A single value is given as text: add format=text')
    : jsonResponse(200, found)
}

function versionMistake(query: URLSearchParams): string | undefined {
  const versions = query.getAll('api-version')
  if (versions.length === 0) return 'Bad request. api-version was not specified in the request'
  const [version] = versions
  if (versions.length === 1 && (apiVersions as readonly (string | undefined)[]).includes(version))
    return undefined
  return 'Bad request. api-version is invalid'
}

const refusal = (status: number, error: string, headers?: Readonly<Record<string, string>>): AgentResponse =>
  jsonResponse(status, { error }, headers)

function find(document: Metadata, steps: readonly string[]): Metadata | undefined {
  let here: Metadata | undefined = document
  for (const step of steps) {
    if (here === undefined || typeof here === 'string') return undefined
    here = isList(here)
      ? here[/^\d{1,4}$/.test(step) ? Number(step) : -1]
      : Object.hasOwn(here, step)
        ? here[step]
        : undefined
  }
  return here
}

/** A value, or what can be asked for next, with a slash where more is below. */
function asText(found: Metadata): string {
  if (typeof found === 'string') return found
  return Object.entries(found)
    .map(([key, value]) => (typeof value === 'string' ? key : `${key}/`))
    .join('\n')
}

const isList = (value: Metadata): value is readonly Metadata[] => Array.isArray(value)
