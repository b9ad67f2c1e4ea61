import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseNetwork, virtualEndpoints } from '../../model/index.ts'
import { smallNetwork } from '../../model/testing/small-network.ts'
import { formatIp } from '../../net/index.ts'
import { derivePolicy, formatMatch, rulesOf } from '../../policy/index.ts'
import { main } from '../main.ts'

async function run(...argv: string[]) {
  let out = ''
  let err = ''
  const exitCode = await main(['import', 'csdef', ...argv], {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
  })
  return { exitCode, out, err }
}

/** The small network with these services. */
const withServices = (services: string) =>
  parseNetwork(smallNetwork.slice(0, smallNetwork.indexOf('services:')) + services)

/** What the rules of a service's VMs and of a balancer say, without the names and places of the rules. */
function meaning(services: string): string[] {
  const { network, diagnostics } = withServices(services)
  if (!network) throw new TypeError(`load: ${diagnostics.map(({ message }) => message).join('; ')}`)
  const vips = virtualEndpoints(network).map(
    ({ vip, protocol, port, backends }) =>
      `${formatIp(vip)} ${protocol} ${port} → ${backends.map((b) => `${formatIp(b.address)} ${b.port}`).join()}`,
  )
  const rules = derivePolicy(network).points.flatMap((point) =>
    rulesOf(point).map(
      ({ rule }) => `${point.kind} ${point.direction} ${rule.action} ${formatMatch(rule.match)}`,
    ),
  )
  return [...vips, ...rules].toSorted()
}

describe('glacis import csdef', () => {
  it('prints services that a network file can take as they are', async () => {
    const { exitCode, out } = await run('examples/two-sites/tickets', '--tenant', 'northwind')
    expect(exitCode).toBe(0)
    expect(out).toContain('service: examples/two-sites/tickets/ServiceDefinition.csdef')
    expect(withServices(out).network?.services).toMatchObject([{ name: 'tickets', tenant: 'northwind' }])
  })

  it('writes them out with the same meaning', async () => {
    const [reference, written] = [await run('examples/two-sites'), await run('examples/two-sites', '--roles')]
    expect(written.out).not.toContain('csdef')
    expect(meaning(written.out)).toEqual(meaning(reference.out))
  })

  it('gives as JSON what it found', async () => {
    const { out } = await run('examples/two-sites/tickets', '--sites', 'west,east', '--json')
    const found = JSON.parse(out)
    expect(found).toMatchObject({ ok: true, services: [{ name: 'Tickets', ok: true, diagnostics: [] }] })
    expect(found.services[0].roles[0].endpoints).toMatchObject([
      { name: 'Https', application: 'https', publicPort: 443, port: 8443 },
      { name: 'Staff', acl: 'Staff' },
      { name: 'Partners', acl: 'Partners' },
      { name: 'Each', exposure: 'instance', publicPort: 10_100, lastPublicPort: 10_109 },
    ])
  })

  describe('of a directory', () => {
    let directory = ''
    const put = (path: string, text: string) => {
      mkdirSync(join(directory, path, '..'), { recursive: true })
      writeFileSync(join(directory, path), text)
    }
    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'glacis-import-'))
      const definition = (port: number) =>
        `<ServiceDefinition name="S ${port}"><WebRole name="W"><Endpoints><InputEndpoint name="E" protocol="tcp" port="${port}" /></Endpoints></WebRole></ServiceDefinition>`
      const configuration =
        '<ServiceConfiguration><Role name="W"><Instances count="3" /></Role></ServiceConfiguration>'
      put('deep/er/One.csdef', definition(1))
      put('deep/er/One.cscfg', configuration)
      put('deep/er/Other.cscfg', '<Other />')
      put('bad/Two.csdef', definition(0))
      put('alone/Three.csdef', definition(3))
      put('node_modules/Four.csdef', definition(4))
      put('empty/readme', '')
    })
    afterAll(() => rmSync(directory, { recursive: true }))

    it('finds the services below it, leaves out what has mistakes, and exits with 2', async () => {
      const { exitCode, out, err } = await run(directory, '--json')
      expect(exitCode).toBe(2)
      const { ok, network, services } = JSON.parse(out)
      expect(ok).toBe(false)
      expect(services.map((service: { ok: boolean }) => service.ok)).toEqual([true, false, true])
      expect(services[2].roles[0].instances).toBe(3)
      expect(network).toContain('s-1:')
      expect(network).not.toContain('Two.csdef')
      expect(err).toMatch(/Two\.csdef:1:\d+: error GL1027/)
    })

    it('names another configuration than the usual one', async () => {
      const { exitCode, out } = await run(join(directory, 'deep'))
      expect(exitCode).toBe(0)
      expect(out).toMatch(/configuration: .*One\.cscfg/)
      expect(withServices(out).network?.services[0]?.roles[0]?.instances).toBe(3)
    })

    it.each([
      ['empty', /there is no service definition/],
      ['nowhere', /check the path/],
      ['deep/er/One.csdef', /name its directory/],
    ])('says what to do about %s', async (path, message) => {
      const { exitCode, err } = await run(join(directory, path))
      expect(exitCode).toBe(2)
      expect(err).toMatch(message)
    })
  })
})
