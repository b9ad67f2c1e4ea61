/**
 * HTTPS by default (R16): what a public `https` endpoint really speaks, asked from the Internet with real handshakes. TLS 1.2 and 1.3
 * are taken, TLS 1.1 (deprecated by RFC 8996) is not, and plain HTTP gets no answer in HTTP.
 */
import type { Socket } from 'node:net'
import { connect, type SecureVersion } from 'node:tls'
import { type Network, type Node, type VirtualEndpoint, virtualEndpoints } from '../model/index.ts'
import { formatIp } from '../net/index.ts'
import type { Policy } from '../policy/index.ts'
import { converse, createWorld, type World } from '../trace/index.ts'

export interface HttpsResult {
  /** `west/shop/web/https`. */
  readonly endpoint: string
  readonly vip: string
  readonly port: number
  /** Versions that were taken, of those that were tried. */
  readonly accepted: readonly SecureVersion[]
  /** Whether plain HTTP was answered in HTTP. */
  readonly plain: boolean
  /** Absent: it is as it should be. */
  readonly reason?: string
}

/** What the check needs of a fabric: connections from a node. */
export interface Connecting {
  connect(from: string, destination: VirtualEndpoint['vip'], port: number): Promise<Socket>
}

const versions = ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const satisfies readonly SecureVersion[]
/** Milliseconds that a handshake may take. */
const patience = 5000
/** Milliseconds after which plain HTTP is taken to get no answer. */
const plainPatience = 500
/** Endpoints that are asked at a time. */
const together = 8

/**
 * Asks every public `https` endpoint, at each of its VIPs, that by its rules answers the Internet machine. The order is that of the endpoints.
 */
export async function checkHttps(
  fabric: Connecting,
  network: Network,
  policy: Policy,
): Promise<readonly HttpsResult[]> {
  const world = createWorld(network, policy)
  const outside = network.nodes.find(({ kind }) => kind === 'internet')
  const open = virtualEndpoints(network).filter(
    (endpoint) => endpoint.application === 'https' && outside && isOpenTo(world, outside, endpoint),
  )
  const results: HttpsResult[] = []
  for (let at = 0; outside && at < open.length; at += together) {
    const some = open.slice(at, at + together)
    results.push(...(await Promise.all(some.map((endpoint) => checkOne(fabric, outside.id, endpoint)))))
  }
  return results
}

/** An access list, a guest firewall or the operator may keep the Internet machine out: then there is nothing to be asked. */
function isOpenTo(world: World, { id, addresses }: Node, { vip, port, backends }: VirtualEndpoint): boolean {
  const source = addresses.find(({ family }) => family === vip.family)
  if (!source || backends.length === 0) return false
  const opening = { from: id, source, destination: vip, protocol: 'tcp', destinationPort: port } as const
  return converse(world, { ...opening, sourcePort: 50_000 }).outcome === 'answered'
}

async function checkOne(fabric: Connecting, from: string, endpoint: VirtualEndpoint): Promise<HttpsResult> {
  const open = (): Promise<Socket> => fabric.connect(from, endpoint.vip, endpoint.port)
  const accepted: SecureVersion[] = []
  for (const version of versions) if (await shakesHands(open, version)) accepted.push(version)
  const plain = await answersPlainly(open)
  const reason = mistakeOf(accepted, plain)
  const { owner, site, vip, port } = endpoint
  const name = owner.kind === 'service' ? `${owner.service}/${owner.role}/${owner.endpoint}` : owner.kind
  return {
    endpoint: `${site}/${name}`,
    vip: formatIp(vip),
    port,
    accepted,
    plain,
    ...(reason === undefined ? {} : { reason }),
  }
}

function mistakeOf(accepted: readonly SecureVersion[], plain: boolean): string | undefined {
  const missing = versions.slice(1).filter((version) => !accepted.includes(version))
  if (missing.length > 0) return `does not take ${missing.join(' and ')}`
  if (accepted.includes('TLSv1.1')) return 'takes TLSv1.1'
  return plain ? 'answers plain HTTP' : undefined
}

/** Whether a handshake in this version and no other comes to its end. */
async function shakesHands(open: () => Promise<Socket>, version: SecureVersion): Promise<boolean> {
  const socket = await open().catch(() => undefined)
  if (!socket) return false
  return new Promise((resolve) => {
    // Who it is, is not asked; and a version that OpenSSL would not offer by itself is offered all the same.
    const secure = connect({
      socket,
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    const end = (taken: boolean): void => {
      clearTimeout(timer)
      secure.destroy()
      socket.destroy()
      resolve(taken)
    }
    const timer = setTimeout(() => end(false), patience)
    secure.once('secureConnect', () => end(true))
    for (const sign of ['error', 'close'] as const) secure.on(sign, () => end(false))
  })
}

async function answersPlainly(open: () => Promise<Socket>): Promise<boolean> {
  const socket = await open().catch(() => undefined)
  if (!socket) return false
  return new Promise((resolve) => {
    const end = (answered: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answered)
    }
    const timer = setTimeout(() => end(false), plainPatience)
    for (const sign of ['error', 'close'] as const) socket.on(sign, () => end(false))
    socket.on('data', (bytes: Buffer) => end(bytes.subarray(0, 5).toString('latin1') === 'HTTP/'))
    socket.write('GET / HTTP/1.1\r\nhost: glacis\r\nconnection: close\r\n\r\n')
  })
}
