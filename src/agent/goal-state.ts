/** What a VM is to be, as the wire server writes it: its goal state, and the shared configuration to which that refers. */
import type { Listener, Network, Node } from '../model/index.ts'
import { formatIp } from '../net/index.ts'
import { containerIdOf, deploymentIdOf, instanceIdOf, nameUuid, roleInstanceOf } from './identity.ts'

/** Version of the protocol, and what else is understood. */
export const wireVersions = Object.freeze(['2015-04-05', '2012-11-30'] as const)

export const versionsXml = (): string =>
  `<Versions>
  <Preferred>
    <Version>${wireVersions[0]}</Version>
  </Preferred>
  <Supported>
${wireVersions.map((version) => `    <Version>${version}</Version>`).join('\n')}
  </Supported>
</Versions>`

/** @param origin of the wire server as the VM addresses it: `http://168.63.129.16:80` */
export function goalStateXml(network: Network, vm: Node, incarnation: number, origin: string): string {
  const [container, instance] = [containerIdOf(network, vm), instanceIdOf(network, vm)]
  const config = `${origin}${sharedConfigPath(network, vm)}?comp=config&type=sharedConfig&incarnation=${incarnation}`
  return `<GoalState>
  <Version>${wireVersions[1]}</Version>
  <Incarnation>${incarnation}</Incarnation>
  <Machine>
    <ExpectedState>Started</ExpectedState>
  </Machine>
  <Container>
    <ContainerId>${container}</ContainerId>
    <RoleInstanceList>
      <RoleInstance>
        <InstanceId>${escapeXml(instance)}</InstanceId>
        <State>Started</State>
        <Configuration>
          <SharedConfig>${escapeXml(config)}</SharedConfig>
        </Configuration>
      </RoleInstance>
    </RoleInstanceList>
  </Container>
</GoalState>`
}

export const sharedConfigPath = (network: Network, vm: Node): string =>
  `/machine/${containerIdOf(network, vm)}/${encodeURIComponent(instanceIdOf(network, vm))}`

/** The VM's deployment, and the endpoints on which it is to listen. */
export function sharedConfigXml(network: Network, vm: Node, incarnation: number): string {
  const { service = '', role = '' } = vm.vm ?? {}
  const deployment = deploymentIdOf(network, vm)
  const instance = roleInstanceOf(vm)
  const [address] = vm.addresses.map(formatIp)
  return `<SharedConfig version="1.0.0.0" goalStateIncarnation="${incarnation}">
  <Deployment name="${deployment}" guid="{${deployment}}" incarnation="${incarnation}">
    <Service name="${escapeXml(service)}" guid="{${nameUuid(`service/${service}`)}}" />
  </Deployment>
  <Incarnation number="${incarnation}" instance="${escapeXml(instance)}" guid="{${containerIdOf(network, vm)}}" />
  <Role name="${escapeXml(role)}" guid="{${nameUuid(`service/${service}/role/${role}`)}}" />
  <Instances>
    <Instance id="${escapeXml(instance)}" address="${address ?? ''}">
      <InputEndpoints>
${vm.listeners.map((listener) => endpointXml(vm, listener)).join('\n')}
      </InputEndpoints>
    </Instance>
  </Instances>
</SharedConfig>`
}

const endpointXml = ({ addresses }: Node, { name, protocol, port }: Listener): string =>
  addresses
    .map(formatIp)
    .map((address) => (address.includes(':') ? `[${address}]` : address))
    .map(
      (address) =>
        `        <Endpoint name="${escapeXml(name)}" address="${address}:${port}" protocol="${protocol}">
          <LocalPorts><LocalPortRange from="${port}" to="${port}" /></LocalPorts>
        </Endpoint>`,
    )
    .join('\n')

export const escapeXml = (text: string): string =>
  text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)
