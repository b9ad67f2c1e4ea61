import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Network, type Node, nodeById, parseNetwork } from '../../model/index.ts'
import { smallNetwork } from '../../model/testing/small-network.ts'
import { Authority, isStale } from './authority.ts'
import { credentialFiles, removeCredentials, writeCredentials } from './credential-files.ts'
import { identityUri, peerIdentity } from './identity.ts'

const network = parseNetwork(smallNetwork).network as Network
const fc = nodeById(network, 'west/fc1') as Node
const host = nodeById(network, 'west/host1') as Node
const authority = await Authority.create(network)

describe('the authority', () => {
  it('issues certificates that name a machine, its addresses and both ends of a connection', async () => {
    const { certificate, key } = await authority.credentials(fc)
    const leaf = new X509Certificate(certificate)
    const root = new X509Certificate(authority.root)
    expect(leaf.verify(root.publicKey) && leaf.checkIssued(root)).toBe(true)
    expect([root.ca, leaf.ca]).toEqual([true, false])
    expect(leaf.subjectAltName).toBe(
      'URI:spiffe://cloudapp.example/fabric-controller/west/fc1, IP Address:10.16.1.2, IP Address:FD00:0:16:1:0:0:0:2',
    )
    expect(leaf.keyUsage?.toSorted()).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    expect(leaf.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
  })

  it('gives a machine one certificate, and each another key', async () => {
    const [one, again, other] = await Promise.all([fc, fc, host].map((node) => authority.credentials(node)))
    expect(again?.certificate).toBe(one?.certificate)
    expect(other?.key).not.toBe(one?.key)
    const extra = await authority.issue(fc)
    expect(extra.key).not.toBe(one?.key)
    const serial = ({ certificate }: { certificate: string }) => new X509Certificate(certificate).serialNumber
    expect(serial(extra)).not.toBe(serial(one as NonNullable<typeof one>))
  })

  it('replaces certificates when half of their lifetime is over', () => {
    const validity = { notBefore: new Date(0), notAfter: new Date(1000) }
    expect([499, 500, 501].map((now) => isStale(validity, now))).toEqual([false, false, true])
  })
})

describe('the name in a certificate', () => {
  it('leads back to the machine', () => {
    for (const node of network.nodes)
      expect(peerIdentity(network, `URI:${identityUri(network, node)}, IP Address:10.0.0.1`)?.node).toBe(
        node.id,
      )
  })

  it.each([
    undefined,
    '',
    'IP Address:10.16.1.2',
    'DNS:spiffe://cloudapp.example/fabric-controller/west/fc1',
    'URI:spiffe://elsewhere.example/fabric-controller/west/fc1',
    'URI:spiffe://cloudapp.example/host/west/fc1',
    'URI:spiffe://cloudapp.example/west/fc1',
    'URI:spiffe://cloudapp.example/fabric-controller/west/fc9',
    'URI:"spiffe://cloudapp.example/fabric-controller/west/fc1\\u0000"',
    'URI:spiffe://cloudapp.example/host/west/host1, URI:spiffe://cloudapp.example/fabric-controller/west/fc1',
  ])('is none: %s', (altNames) => {
    expect(peerIdentity(network, altNames)).toBeUndefined()
  })
})

describe('certificates as files', () => {
  it('are there for their owner alone, can be written again, and go', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'glacis-test-'))
    const folder = join(parent, 'lab.tls')
    for (let round = 0; round < 2; round++) await writeCredentials(folder, authority, [fc, host])
    const files = credentialFiles(folder, 'west/fc1')
    expect(Object.values(files).map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600, 0o600])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(readFileSync(files.authority, 'utf8')).toBe(authority.root)
    removeCredentials(folder)
    removeCredentials(folder)
    expect(() => statSync(folder)).toThrow('ENOENT')
    rmSync(parent, { recursive: true })
  })
})
