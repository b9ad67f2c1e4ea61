/** R24: category 1 is exposed behind the balancers, 2 is mutually authenticated, 3 is for enumerated addresses. Real clients. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Authority, type Credentials } from '../../src/control/index.ts'
import { bringUpKernel, type KernelFabric } from '../../src/lab/index.ts'
import { fixtureOf, openings } from '../../src/lab/testing/fixture.ts'
import { addressOf, nodeOf, smallNetwork } from '../../src/lab/testing/small-network.ts'
import { vmsOfHost } from '../../src/model/index.ts'
import { formatIp } from '../../src/net/index.ts'
import { curlInside, runInside } from './inside.ts'
import { describeKernel } from './requirements.ts'

const { network, deployment } = fixtureOf(smallNetwork())
const opening = openings(network)
const agentPort = 7443
const versions = ['1.2', '1.3'] as const
/** handshake_failure and certificate_required. */
const alerts = { '1.2': /alert number 40/, '1.3': /alert number 116/ } as const

describeKernel('R24: categories of infrastructure services', () => {
  const folder = mkdtempSync(join(tmpdir(), 'glacis-test-'))
  let fabric: KernelFabric
  let authority: Authority
  beforeAll(async () => {
    fabric = await bringUpKernel({ network, deployment })
    authority = await fabric.authority()
    writeFileSync(join(folder, 'ca.pem'), authority.root)
  })
  afterAll(async () => {
    await fabric.close()
    rmSync(folder, { recursive: true })
  })

  let written = 0
  /** Options of curl that present these credentials. */
  const presenting = ({ certificate, key }: Credentials): string[] => {
    const path = join(folder, String(++written))
    writeFileSync(`${path}.pem`, certificate)
    writeFileSync(`${path}.key`, key, { mode: 0o600 })
    return ['--cert', `${path}.pem`, '--key', `${path}.key`]
  }
  const own = async (node: string) => presenting(await authority.credentials(nodeOf(network, node)))
  const urlOf = (node: string, port: number, family: 4 | 6 = 4): string => {
    const address = formatIp(addressOf(network, node, family))
    return `https://${family === 4 ? address : `[${address}]`}:${port}/`
  }
  const trusting = ['--cacert', join(folder, 'ca.pem')]
  const toAgent = (from: string, ...options: string[]) =>
    curlInside(fabric, from, urlOf('lab/host1', agentPort), ...trusting, ...options)

  const agentAddress = `${formatIp(addressOf(network, 'lab/host1', 4))}:${agentPort}`
  /** What the agent sends by TLS to who asks it by OpenSSL's own client, with curl's options for certificates, and what became of the handshake. */
  const requestBy = (version: (typeof versions)[number], ...options: string[]) =>
    runInside(
      fabric,
      'lab/fc1',
      [
        ...['timeout', '4', 'openssl', 's_client', '-quiet', '-ign_eof', '-connect', agentAddress],
        `-tls${version.replace('.', '_')}`,
        ...options.map((word) => word.replace(/^--/, '-')),
      ],
      'GET / HTTP/1.0\r\nHost: host1\r\n\r\n',
    )

  describe('category 2, the agent of a host', () => {
    it.each([
      ['lab/fc1', 4],
      ['lab/fc1', 6],
    ] as const)('answers %s with its certificate, IPv%i', async (from, family) => {
      const url = urlOf('lab/host1', agentPort, family)
      const { status, body } = await curlInside(fabric, from, url, ...trusting, ...(await own(from)))
      expect(status).toBe(200)
      expect(JSON.parse(body)).toMatchObject({
        node: 'lab/host1',
        peer: from,
        vms: vmsOfHost(network, 'lab/host1').map(({ id }) => ({ vm: id })),
      })
    })

    it.each(['1.2', '1.3'])('speaks TLS %s', async (version) => {
      const options = [`--tlsv${version}`, '--tls-max', version, ...(await own('lab/fc1'))]
      expect((await toAgent('lab/fc1', ...options)).status).toBe(200)
    })

    it('does not speak TLS 1.1, nor without TLS', async () => {
      const old = [
        '--tlsv1.1',
        '--tls-max',
        '1.1',
        '--ciphers',
        'DEFAULT@SECLEVEL=0',
        ...(await own('lab/fc1')),
      ]
      expect((await toAgent('lab/fc1', ...old)).status).toBe(0)
      const plain = urlOf('lab/host1', agentPort).replace('https', 'http')
      expect(await curlInside(fabric, 'lab/fc1', plain, '--http0.9')).toMatchObject({ status: 0, body: '' })
    })

    it('shows a certificate of the platform itself', async () => {
      const elsewhere = await Authority.create(network)
      writeFileSync(join(folder, 'other-ca.pem'), elsewhere.root)
      const url = urlOf('lab/host1', agentPort)
      const options = ['--cacert', join(folder, 'other-ca.pem'), ...(await own('lab/fc1'))]
      expect((await curlInside(fabric, 'lab/fc1', url, ...options)).status).toBe(0)
    })

    it.each([
      ['no certificate', async () => []],
      [
        'a certificate of its own making',
        async () => {
          const path = join(folder, 'self')
          const make = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
          const names = ['-addext', 'subjectAltName=URI:spiffe://small.example/fabric-controller/lab/fc1']
          const files = ['-nodes', '-subj', '/CN=fc1', '-keyout', `${path}.key`, '-out', `${path}.pem`]
          const { code } = await runInside(fabric, 'lab/fc1', [...make, ...names, ...files])
          expect(code).toBe(0)
          return ['--cert', `${path}.pem`, '--key', `${path}.key`]
        },
      ],
      [
        'a certificate of another authority of the same name',
        async () => presenting(await (await Authority.create(network)).issue(nodeOf(network, 'lab/fc1'))),
      ],
      [
        'an expired certificate',
        async () => {
          const validity = {
            notBefore: new Date(Date.now() - 7_200_000),
            notAfter: new Date(Date.now() - 60_000),
          }
          return presenting(await authority.issue(nodeOf(network, 'lab/fc1'), validity))
        },
      ],
      [
        'a certificate that holds only from tomorrow',
        async () => {
          const day = 86_400_000
          const validity = { notBefore: new Date(Date.now() + day), notAfter: new Date(Date.now() + 2 * day) }
          return presenting(await authority.issue(nodeOf(network, 'lab/fc1'), validity))
        },
      ],
      ['the certificate of a storage node, no client of the agent', async () => own('lab/storage1')],
      ['the certificate of the host itself', async () => own('lab/host1')],
      ['the certificate of a client that has another address', async () => own('lab/jump1')],
    ] as const)('refuses %s', async (what, credentials) => {
      const { status, body } = await toAgent('lab/fc1', ...(await credentials()))
      expect([status, body]).toEqual([0, ''])
      for (const version of versions) {
        const { stdout, stderr } = await requestBy(version, ...(await credentials()))
        expect([version, stdout]).toEqual([version, ''])
        // Only that there is no certificate is said by an alert (RFC 5246 section 7.4.6, RFC 8446 section 4.4.2.4); else the connection ends.
        if (what === 'no certificate') expect(stderr).toMatch(alerts[version])
      }
      // It is the handshake that fails: the filter lets the connection through.
      const [seen] = await fabric.probe([opening('lab/fc1', 'lab/host1', 4, 'tcp', agentPort)])
      expect(seen?.outcome).toBe('answered')
    })

    it.each(versions)('answers the same request with a certificate that holds, TLS %s', async (version) => {
      const { stdout } = await requestBy(version, ...(await own('lab/fc1')))
      expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    })

    it.each(versions)('takes no session up again: who asks is asked each time, TLS %s', async (version) => {
      const path = join(folder, `session-${version}`)
      const credentials = await own('lab/fc1')
      await requestBy(version, ...credentials, '--sess_out', path)
      const { stdout } = await requestBy(version, ...credentials, '--sess_in', path)
      expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
      const { stdout: spoken } = await runInside(fabric, 'lab/fc1', [
        ...['openssl', 's_client', '-connect', agentAddress, `-tls${version.replace('.', '_')}`],
        ...[...credentials, '--sess_in', path].map((word) => word.replace(/^--/, '-')),
      ])
      expect(spoken).toMatch(/^New, TLSv1/m)
      expect(spoken).not.toMatch(/^Reused/m)
    })

    it('reads nothing of a request before it knows who asks', async () => {
      const url = urlOf('lab/host1', agentPort).replace(/^https:\/\/|\/$/g, '')
      const script = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -connect ${url} 2>/dev/null`
      expect((await runInside(fabric, 'lab/fc1', ['sh', '-c', script])).stdout).toBe('')
    })

    it('is out of reach for others even with a certificate', async () => {
      for (const from of ['lab/shop-web-0', 'lab/storage1', 'lab/host2'] as const)
        expect((await toAgent(from, ...(await own('lab/fc1')))).status).toBe(0)
    })
  })

  it('category 1, the name service, is reached by all at its VIP', async () => {
    const [seen] = await fabric.probe([opening('internet', 'vip:names', 4, 'tcp', 53)])
    expect(seen?.outcome).toBe('answered')
  })

  it.each([4, 6] as const)('category 3 is for those enumerated, IPv%i', async (family) => {
    const asked = [
      ['lab/shop-web-0', 'lab/activation1', 1688, 'answered'],
      ['lab/fc1', 'lab/activation1', 1688, 'silent'],
      ['internet', 'lab/activation1', 1688, 'silent'],
      ['lab/fc1', 'lab/jump1', 22, 'answered'],
      ['lab/ns1', 'lab/jump1', 22, 'silent'],
      ['lab/shop-web-0', 'lab/jump1', 22, 'silent'],
    ] as const
    const seen = await fabric.probe(asked.map(([from, to, port]) => opening(from, to, family, 'tcp', port)))
    expect(asked.map(([from, to], index) => [from, to, seen[index]?.outcome])).toEqual(
      asked.map(([from, to, , outcome]) => [from, to, outcome]),
    )
  })

  it('category 2 is for the machines that it names, before any handshake', async () => {
    const seen = await fabric.probe([
      opening('lab/host1', 'lab/fc1', 4, 'tcp', 7500),
      opening('lab/storage1', 'lab/fc1', 4, 'tcp', 7500),
      opening('lab/fc1', 'lab/storage1', 4, 'tcp', 7600),
      opening('lab/jump1', 'lab/storage1', 4, 'tcp', 7600),
    ])
    expect(seen.map(({ outcome }) => outcome)).toEqual(['answered', 'silent', 'answered', 'silent'])
  })
})
