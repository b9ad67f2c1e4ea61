import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { virtualEndpoints } from '../model/index.ts'
import { ipEquals } from '../net/index.ts'
import { derivePolicy } from '../policy/index.ts'
import { checkHttps } from './https-check.ts'
import { createCertificate } from './kernel/workload/certificate.ts'
import { httpsTarget } from './kernel/workload/https-redirect.ts'
import { smallNetwork } from './testing/small-network.ts'

const network = smallNetwork((text) =>
  text.replace(
    'http: { protocol: http, port: 80, local-port: 8080 }',
    'http: { protocol: http, port: 80, local-port: 8080 }\n          https: { protocol: https, port: 443, local-port: 8443 }',
  ),
)
const policy = derivePolicy(network)
const certificate = await createCertificate(network)
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** What the check says of a server that stands in for every VIP. */
async function seen(server: Server) {
  servers.push(server)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const open = async (): Promise<Socket> => connect(port, '127.0.0.1')
  const results = await checkHttps({ connect: open }, network, policy)
  expect(results.map(({ endpoint }) => endpoint)).toEqual(['lab/shop/web/https', 'lab/shop/web/https'])
  const [{ accepted, plain, reason } = { accepted: [], plain: true }] = results
  return { accepted, plain, reason }
}

const tls = (options: TlsOptions): Server =>
  createTlsServer({ ...certificate, ciphers: 'DEFAULT@SECLEVEL=0', ...options }, (socket) =>
    socket.on('error', () => undefined),
  ).on('tlsClientError', (_, socket) => socket.destroy())

describe('an https endpoint', () => {
  it('is as it should be with TLS 1.2 and 1.3', async () => {
    expect(await seen(tls({ minVersion: 'TLSv1.2' }))).toEqual({
      accepted: ['TLSv1.2', 'TLSv1.3'],
      plain: false,
    })
  })

  it.each([
    ['speaks TLS 1.1 too', { minVersion: 'TLSv1.1' }, 'takes TLSv1.1'],
    ['speaks TLS 1.3 alone', { minVersion: 'TLSv1.3' }, 'does not take TLSv1.2'],
    ['speaks TLS 1.2 alone', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }, 'does not take TLSv1.3'],
  ] as const)('is found out if it %s', async (_, options, reason) => {
    expect((await seen(tls(options))).reason).toBe(reason)
  })

  it('is found out if it speaks plain HTTP', async () => {
    const server = createHttpServer((_, response) => void response.end())
    expect(await seen(server)).toEqual({
      accepted: [],
      plain: true,
      reason: 'does not take TLSv1.2 and TLSv1.3',
    })
  })

  it('is found out if it says nothing, or is not there', async () => {
    expect((await seen(createServer((socket) => void socket.destroy()))).reason).toMatch(/does not take/)
    const absent = { connect: () => Promise.reject(new Error('nobody there')) }
    expect((await checkHttps(absent, network, policy))[0]?.reason).toMatch(/does not take/)
  })

  it('is asked at each VIP', async () => {
    const asked: string[] = []
    const vips = virtualEndpoints(network).filter(({ application }) => application === 'https')
    await checkHttps(
      {
        connect: (from, destination, port) => {
          const vip = vips.findIndex((endpoint) => ipEquals(endpoint.vip, destination))
          asked.push(`${from} ${vip} ${port}`)
          return Promise.reject(new Error('nobody there'))
        },
      },
      network,
      policy,
    )
    expect(new Set(asked)).toEqual(new Set(['internet 0 443', 'internet 1 443']))
  })

  it('is not asked where its access list keeps the Internet machine out', async () => {
    const guarded = smallNetwork((text) =>
      text.replace(
        'http: { protocol: http, port: 80, local-port: 8080 }',
        'https: { protocol: https, port: 443, local-port: 8443, acl: [{ allow: [203.0.113.7/32] }] }',
      ),
    )
    const refused = { connect: () => Promise.reject(new Error('nobody there')) }
    expect(await checkHttps(refused, guarded, derivePolicy(guarded))).toEqual([])
  })
})

describe('plain HTTP', () => {
  const vm = network.nodes.find(({ name }) => name === 'shop-web-0') as (typeof network.nodes)[number]

  it('is sent to HTTPS, under the name of the service', () => {
    expect(httpsTarget(network, vm, 8080, '/a?b=c')).toBe('https://shop.lab.small.example/a?b=c')
    expect(httpsTarget(network, vm, 8080, 'http://elsewhere.example/a')).toBe(
      'https://shop.lab.small.example/',
    )
  })

  it('is answered where the role has no https, and on other ports', () => {
    const plain = smallNetwork()
    expect(httpsTarget(plain, vm, 8080, '/')).toBeUndefined()
    expect(httpsTarget(network, vm, 8443, '/')).toBeUndefined()
    const fc = network.nodes.find(({ kind }) => kind === 'fabric-controller') as typeof vm
    expect(httpsTarget(network, fc, 8080, '/')).toBeUndefined()
  })
})
