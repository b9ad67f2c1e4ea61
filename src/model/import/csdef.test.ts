import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DiagnosticLog, decodeSource, hasErrors, sortedDiagnostics } from '../../file/index.ts'
import { importCsdef } from './csdef.ts'

const namespace = (year: string, kind: string) =>
  `http://schemas.microsoft.com/ServiceHosting/${year}/${kind}`

const definition = (roles: string, attributes = '') =>
  `<?xml version="1.0" encoding="utf-8"?>\n<ServiceDefinition name="S" ${attributes}>\n${roles}\n</ServiceDefinition>`

const configuration = (...names: string[]) =>
  `<ServiceConfiguration serviceName="S">${names
    .map((name) => `<Role name="${name}"><Instances count="2" /></Role>`)
    .join('')}</ServiceConfiguration>`

function load(csdef: string, cscfg: string) {
  const log = DiagnosticLog()
  const encode = (text: string) => new TextEncoder().encode(text)
  const [a, b] = [decodeSource('s.csdef', encode(csdef), log), decodeSource('s.cscfg', encode(cscfg), log)]
  const roles = a && b ? importCsdef(a, b, log) : []
  return { roles, diagnostics: sortedDiagnostics(log) }
}

const endpoints = (inner: string) =>
  load(definition(`<WorkerRole name="W"><Endpoints>${inner}</Endpoints></WorkerRole>`), configuration('W'))

describe('importCsdef', () => {
  it('reads a real service as it is', () => {
    const read = (name: string) => readFileSync(`examples/two-sites/hello-geo/${name}`, 'utf8')
    const { roles, diagnostics } = load(
      read('ServiceDefinition.csdef'),
      read('ServiceConfiguration.Cloud.cscfg'),
    )
    expect(diagnostics).toEqual([])
    expect(roles).toMatchObject([
      {
        name: 'WebRole',
        kind: 'web',
        instances: 2,
        endpoints: [{ name: 'Endpoint1', publicPort: 91, port: 91 }],
      },
      { name: 'Orleans.Silos', kind: 'worker', instances: 1, endpoints: [{ port: 11111 }, { port: 30001 }] },
    ])
    expect(roles[1]?.endpoints[1]?.at).toEqual({ file: 's.csdef', line: 35, column: 7, length: 76 })
  })

  it.each(['2008/10', '2011/05', '2015/04'])(
    'reads the namespace of %s, with a prefix or without',
    (year) => {
      const uri = namespace(year, 'ServiceDefinition')
      const plain = definition('<WebRole name="W" />', `xmlns="${uri}"`)
      const prefixed = `<s:ServiceDefinition name="S" xmlns:s="${uri}"><s:WebRole name="W" /></s:ServiceDefinition>`
      for (const text of [plain, prefixed, `\ufeff${plain}`])
        expect(load(text, configuration('W')).roles).toMatchObject([{ name: 'W', kind: 'web' }])
    },
  )

  it('keeps lines and columns where lines end with CR LF', () => {
    const text = definition(
      '<WebRole name="W">\n <Endpoints>\n  <InputEndpoint name="A" protocol="tcp" port="1" />\n </Endpoints>\n</WebRole>',
    )
    const { roles } = load(text.replaceAll('\n', '\r\n'), configuration('W'))
    expect(roles[0]?.endpoints[0]?.at).toMatchObject({ line: 5, column: 3 })
  })

  it.each([
    [
      '<InputEndpoint name="E" protocol="http" port="80" />',
      { application: 'http', publicPort: 80, port: 80 },
    ],
    [
      '<InputEndpoint name="E" protocol="HTTPS" port="443" localPort="8443" />',
      { application: 'https', publicPort: 443, port: 8443 },
    ],
    [
      '<InputEndpoint name="E" protocol="udp" port="53" localPort="*" />',
      { protocol: 'udp', publicPort: 53, port: 20000 },
    ],
    [
      '<InternalEndpoint name="E" protocol="tcp" port="9000" />',
      { exposure: 'internal', publicPort: 9000, port: 9000 },
    ],
    [
      '<InternalEndpoint name="E" protocol="tcp" />',
      { exposure: 'internal', publicPort: 20000, port: 20000 },
    ],
    ['<InternalEndpoint name="E" protocol="tcp" port="*" />', { port: 20000 }],
    ['<InternalEndpoint name="E" protocol="tcp"><FixedPort port="7" /></InternalEndpoint>', { port: 7 }],
    [
      '<InternalEndpoint name="E" protocol="tcp"><FixedPortRange min="7" max="9" /></InternalEndpoint>',
      { port: 7, lastPort: 9 },
    ],
  ])('%s', (text, expected) => {
    const { roles, diagnostics } = endpoints(text)
    expect(diagnostics).toEqual([])
    expect(roles[0]?.endpoints).toMatchObject([{ name: 'E', ...expected }])
  })

  it('assigns ports that no other endpoint of the role has', () => {
    const { roles } = endpoints(
      ['A', 'B'].map((name) => `<InternalEndpoint name="${name}" protocol="tcp" />`).join('') +
        '<InternalEndpoint name="C" protocol="tcp" port="20000" />',
    )
    expect(roles[0]?.endpoints.map(({ port }) => port)).toEqual([20001, 20002, 20000])
  })

  it.each([
    '<InstanceInputEndpoint name="E" protocol="tcp" localPort="1" />',
    '<InternalEndpoint name="E" protocol="any" port="1" />',
    '<InputEndpoint name="E" protocol="tcp" port="1" enableDirectServerReturn="true" />',
    '<InputEndpoint name="E" protocol="tcp" port="1"><Anything /></InputEndpoint>',
    '<Anything />',
  ])('never passes over %s', (text) => {
    expect(hasErrors(endpoints(text).diagnostics)).toBe(true)
  })

  it('never passes over access lists of the configuration', () => {
    const acl = '<NetworkConfiguration><AccessControls /></NetworkConfiguration></ServiceConfiguration>'
    const { diagnostics } = load(
      definition('<WebRole name="W" />'),
      configuration('W').replace('</ServiceConfiguration>', acl),
    )
    expect(diagnostics).toMatchObject([{ code: 'GL1024', severity: 'error' }])
  })

  it.each([
    ['an entity', '<!DOCTYPE a [<!ENTITY x "y">]><ServiceDefinition name="&x;" />'],
    ['deep nesting', `${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`],
    ['an open tag', '<ServiceDefinition'],
    ['nothing', ''],
    ['two roots', '<ServiceDefinition /><ServiceDefinition />'],
    ['text', 'hello'],
  ])('reports %s', (_, text) => {
    const { roles, diagnostics } = load(text, configuration())
    expect(roles).toEqual([])
    expect(hasErrors(diagnostics)).toBe(true)
  })
})
