/** R16: what is public by HTTPS speaks TLS 1.2 or later and nothing else, and plain HTTP beside it leads there. Real clients. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bringUpKernel, checkHttps, type KernelFabric } from '../../src/lab/index.ts'
import { fixtureOf } from '../../src/lab/testing/fixture.ts'
import { smallNetwork, vipOf } from '../../src/lab/testing/small-network.ts'
import { formatIp } from '../../src/net/index.ts'
import { curlInside } from './inside.ts'
import { describeKernel } from './requirements.ts'

const plain = 'http: { protocol: http, port: 80, local-port: 8080 }'
const { network, policy, deployment } = fixtureOf(
  smallNetwork((text) =>
    text.replace(plain, `${plain}\n          https: { protocol: https, port: 443, local-port: 8443 }`),
  ),
)
const vips = ([4, 6] as const).map((family) => {
  const vip = formatIp(vipOf(network, 'shop', family))
  return family === 4 ? vip : `[${vip}]`
})

describeKernel('R16: HTTPS by default', () => {
  let fabric: KernelFabric
  beforeAll(async () => {
    fabric = await bringUpKernel({ network, deployment })
  })
  afterAll(() => fabric.close())
  const curl = (url: string, ...options: string[]) => curlInside(fabric, 'internet', url, ...options)

  it.each(vips)('TLS 1.2 and 1.3 are taken at %s, TLS 1.1 is not', async (vip) => {
    const statuses = ['1.1', '1.2', '1.3'].map(async (version) => {
      const options = ['--insecure', `--tlsv${version}`, '--tls-max', version]
      return (await curl(`https://${vip}/`, '--ciphers', 'DEFAULT@SECLEVEL=0', ...options)).status
    })
    expect(await Promise.all(statuses)).toEqual([0, 200, 200])
  })

  it.each(vips)('plain HTTP to the HTTPS port of %s gets no answer in HTTP', async (vip) => {
    expect((await curl(`http://${vip}:443/`)).status).toBe(0)
  })

  it.each(vips)('plain HTTP at %s leads to HTTPS, under the name of the service', async (vip) => {
    const elsewhere = ['--header', 'Host: elsewhere.example']
    const { body } = await curlInside(fabric, 'internet', `http://${vip}/a?b=c`, '--include')
    expect(body).toMatch(/^HTTP\/1\.1 301 .*location: https:\/\/shop\.lab\.small\.example\/a\?b=c\r\n/is)
    expect((await curl(`http://${vip}/`, '--include', ...elsewhere)).body).toContain(
      'location: https://shop.lab.small.example/\r\n',
    )
  })

  it('who follows comes to the shop, and is told to come back over HTTPS', async () => {
    const [vip = ''] = vips
    const names = ['--resolve', `shop.lab.small.example:443:${vip}`]
    const { status, body } = await curl(`http://${vip}/a`, '--location', '--insecure', '--include', ...names)
    expect(status).toBe(200)
    expect(body).toMatch(/strict-transport-security: max-age=\d+\r\n/i)
    expect(body).toContain('"request":"GET /a"')
  })

  it('is what the check of a network finds', async () => {
    const found = await checkHttps(fabric, network, policy)
    expect(found).toEqual(
      ([4, 6] as const).map((family) => ({
        endpoint: 'lab/shop/web/https',
        vip: formatIp(vipOf(network, 'shop', family)),
        port: 443,
        accepted: ['TLSv1.2', 'TLSv1.3'],
        plain: false,
      })),
    )
  })
})
