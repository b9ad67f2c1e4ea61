import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DiagnosticLog, decodeSource, hasErrors, sortedDiagnostics } from '../../file/index.ts'
import { formatPrefix } from '../../net/index.ts'
import { importCsdef } from './csdef.ts'

const namespace = (year: string, kind: string) =>
  `http://schemas.microsoft.com/ServiceHosting/${year}/${kind}`

const definition = (roles: string, attributes = '') =>
  `<?xml version="1.0" encoding="utf-8"?>\n<ServiceDefinition name="S" ${attributes}>\n${roles}\n</ServiceDefinition>`

const configuration = (...names: string[]) =>
  `<ServiceConfiguration serviceName="S">${names
    .map((name) => `<Role name="${name}"><Instances count="2" /></Role>`)
    .join('')}</ServiceConfiguration>`

function load(csdef: string | Uint8Array, cscfg: string | undefined) {
  const log = DiagnosticLog()
  const source = (file: string, text: string | Uint8Array) =>
    decodeSource(file, typeof text === 'string' ? new TextEncoder().encode(text) : text, log)
  const definition = source('s.csdef', csdef)
  const configuration = cscfg === undefined ? undefined : source('s.cscfg', cscfg)
  const roles = definition ? importCsdef(definition, configuration, log) : []
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
    '<InstanceInputEndpoint name="E" protocol="any" localPort="1"><AllocatePublicPortFrom><FixedPortRange min="1" max="9" /></AllocatePublicPortFrom></InstanceInputEndpoint>',
    '<InstanceInputEndpoint name="E" protocol="tcp" localPort="1"><AllocatePublicPortFrom><FixedPortRange min="1" max="1" /></AllocatePublicPortFrom></InstanceInputEndpoint>',
    '<InstanceInputEndpoint name="E" protocol="tcp" localPort="1"><AllocatePublicPortFrom><FixedPort port="1" /></AllocatePublicPortFrom></InstanceInputEndpoint>',
    '<InputEndpoint name="E" protocol="any" port="1" />',
    '<InputEndpoint name="E" protocol="tcp" port="1" loadBalancer="inner" />',
    '<InputEndpoint name="E" protocol="tcp" port="1" loadBalancerProbe="none" />',
    '<InternalEndpoint name="E" protocol="tcp" port="1" colour="red" />',
    '<RdmaEndpoint name="E" />',
    '<x:InputEndpoint xmlns:x="urn:x" name="E" protocol="tcp" port="1" />',
    '<y:InputEndpoint name="E" protocol="tcp" port="1" />',
    '<InputEndpoint name="E" protocol="tcp" port="1" enableDirectServerReturn="true" />',
    '<InputEndpoint name="E" protocol="tcp" port="1"><Anything /></InputEndpoint>',
    '<Anything />',
  ])('never passes over %s', (text) => {
    expect(hasErrors(endpoints(text).diagnostics)).toBe(true)
  })

  const network = (content: string) =>
    load(
      definition(
        '<WebRole name="W"><Endpoints><InputEndpoint name="E" protocol="tcp" port="1" /><InternalEndpoint name="I" protocol="tcp" /></Endpoints></WebRole>',
      ),
      configuration('W').replace(
        '</ServiceConfiguration>',
        `<NetworkConfiguration>${content}</NetworkConfiguration></ServiceConfiguration>`,
      ),
    )
  const list = (rules: string) =>
    `<AccessControls><AccessControl name="a">${rules}</AccessControl></AccessControls><EndpointAcls><EndpointAcl role="W" endpoint="E" accessControl="a" /></EndpointAcls>`

  it.each([
    ['<LoadBalancers />'],
    ['<Anything />'],
    ['<AccessControls><Anything /></AccessControls>'],
    ['<EndpointAcls><EndpointAcl role="W" endpoint="E" accessControl="none" /></EndpointAcls>'],
    [list('<Rule order="1" action="permit" remoteSubnet="0.0.0.0/0" />').replace('"E"', '"none"')],
    [list('<Rule order="1" action="permit" remoteSubnet="0.0.0.0/0" />').replace('"E"', '"I"')],
    [list('<Rule order="1" action="permit" remoteSubnet="0.0.0.0/0" />').replace('"W"', '"none"')],
    [list('')],
    [list('<Rule order="1" action="allow" remoteSubnet="0.0.0.0/0" />')],
    [list('<Rule order="one" action="permit" remoteSubnet="0.0.0.0/0" />')],
    [list('<Rule order="1" action="permit" remoteSubnet="everything" />')],
    [list('<Rule order="1" action="permit" remoteSubnet="0.0.0.0/33" />')],
    [
      list(
        '<Rule order="1" action="deny" remoteSubnet="1.2.3.4" /><Rule order="1" action="deny" remoteSubnet="4.3.2.1" />',
      ),
    ],
    ['<AddressAssignments><Anything /></AddressAssignments>'],
    ['<Dns><DnsServers><DnsServer name="d" IPAddress="one" /></DnsServers></Dns>'],
  ])('refuses the network configuration %s', (content) => {
    expect(hasErrors(network(content).diagnostics)).toBe(true)
  })

  it('reads access lists by their order, with subnets of either family', () => {
    const { roles, diagnostics } = network(
      list(
        '<Rule order="200" action="permit" remoteSubnet="2001:db8::/32" /><Rule order="100" action="Deny" remoteSubnet="198.51.100.9/24" description="d" />',
      ),
    )
    expect(diagnostics).toEqual([])
    const rules = roles[0]?.endpoints[0]?.acl?.rules.map(({ action, sources }) => [
      action,
      sources.map(formatPrefix),
    ])
    expect(rules).toEqual([
      ['deny', ['198.51.100.0/24']],
      ['allow', ['2001:db8::/32']],
    ])
  })

  it('takes the name of an endpoint in both spellings that there are', () => {
    const rules = '<Rule order="1" action="permit" remoteSubnet="192.0.2.0/24" />'
    const { roles, diagnostics } = network(list(rules).replace('endpoint=', 'endPoint='))
    expect(diagnostics).toEqual([])
    expect(roles[0]?.endpoints[0]?.acl?.rules).toHaveLength(1)
  })

  it('says what of the addresses is not taken over', () => {
    const { diagnostics } = network(
      `<VirtualNetworkSite name="v" /><Dns><DnsServers><DnsServer name="d" IPAddress="10.0.0.4" /></DnsServers></Dns>
       <AddressAssignments>
         <InstanceAddress roleName="W"><Subnets><Subnet name="s" /></Subnets><PublicIPs><PublicIP name="p" /></PublicIPs></InstanceAddress>
         <ReservedIPs><ReservedIP name="r" /></ReservedIPs>
         <VirtualIPs><VirtualIP name="x" ipVersion="IPv4"><Endpoints><Endpoint role="W" name="E" /></Endpoints></VirtualIP></VirtualIPs>
       </AddressAssignments>`,
    )
    const said = diagnostics.map(
      ({ code, severity, message }) => `${code} ${severity} ${message.split(' is ')[0]}`,
    )
    expect(said).toEqual(
      [
        "virtual network 'v'",
        "DNS server 'd'",
        "subnet 's'",
        "public address 'p'",
        "reserved address 'r'",
        "virtual IP 'x'",
      ].map((what) => `GL1030 warning ${what}`),
    )
  })

  it.each(['utf-16le', 'utf-16be'] as const)('reads %s, with a byte-order mark or without', (encoding) => {
    const text = definition('<WebRole name="W" />').replace('utf-8', 'utf-16')
    for (const marked of [text, `\ufeff${text}`]) {
      const bytes = Buffer.from(marked, 'utf16le')
      if (encoding === 'utf-16be') bytes.swap16()
      expect(load(bytes, configuration('W')).roles).toMatchObject([{ name: 'W' }])
    }
  })

  it('takes comments and character data for what they are', () => {
    const hidden =
      '<!-- <InputEndpoint name="X" protocol="tcp" port="22" /> --><![CDATA[<InputEndpoint name="Y" protocol="tcp" port="23" />]]>'
    const { roles, diagnostics } = endpoints(`${hidden}<InputEndpoint name="E" protocol="tcp" port="1" />`)
    expect(diagnostics).toEqual([])
    expect(roles[0]?.endpoints.map(({ name }) => name)).toEqual(['E'])
  })

  it.each(['VirtualMachineRole', 'VirtualMachine', 'VMRole'])('reads <%s>', (name) => {
    const text = definition(
      `<${name} name="W"><Endpoints><InputEndpoint name="E" protocol="tcp" port="1" /></Endpoints></${name}>`,
    )
    const { roles, diagnostics } = load(text, configuration('W'))
    expect(diagnostics).toEqual([])
    expect(roles).toMatchObject([{ name: 'W', kind: 'worker', endpoints: [{ name: 'E' }] }])
  })

  it('reads the list of public endpoints of the first schema', () => {
    const text = definition(
      '<WebRole name="W"><InputEndpoints><InputEndpoint name="E" protocol="http" port="80" /></InputEndpoints></WebRole>',
    )
    expect(load(text, configuration('W'))).toMatchObject({
      diagnostics: [],
      roles: [{ endpoints: [{ publicPort: 80 }] }],
    })
  })

  it('reads sites with bindings to host names, applications and directories', () => {
    const site =
      '<Sites><Site name="a" physicalDirectory=".."><VirtualApplication name="v"><VirtualDirectory name="d" /></VirtualApplication><Bindings><Binding name="b" endpointName="E" hostHeader="www.example" /></Bindings></Site></Sites>'
    const text = definition(
      `<WebRole name="W">${site}<Endpoints><InputEndpoint name="E" protocol="http" port="80" /></Endpoints></WebRole>`,
    )
    expect(load(text, configuration('W')).diagnostics).toEqual([])
    expect(
      hasErrors(load(text.replace('endpointName="E"', 'endpointName="F"'), configuration('W')).diagnostics),
    ).toBe(true)
  })

  it('gives each role one instance where there is no configuration, and says so', () => {
    const { roles, diagnostics } = load(definition('<WebRole name="W" />'), undefined)
    expect(roles).toMatchObject([{ instances: 1 }])
    expect(diagnostics).toMatchObject([{ code: 'GL1023', severity: 'warning' }])
  })

  it('refuses the namespace of another document', () => {
    const text = definition(
      '<WebRole name="W" />',
      'xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration"',
    )
    expect(load(text, configuration('W')).diagnostics).toMatchObject([{ code: 'GL1021' }])
  })

  it.each([
    ['an entity', '<!DOCTYPE a [<!ENTITY x "y">]><ServiceDefinition name="&x;" />'],
    ['deep nesting', `${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`],
    ['an open tag', '<ServiceDefinition'],
    ['nothing', ''],
    ['two roots', '<ServiceDefinition /><ServiceDefinition />'],
    ['text', 'hello'],
    ['a prefix without a namespace', '<s:ServiceDefinition name="S" />'],
  ])('reports %s', (_, text) => {
    const { roles, diagnostics } = load(text, configuration())
    expect(roles).toEqual([])
    expect(hasErrors(diagnostics)).toBe(true)
  })
})
