/** GL102x and GL103x: service definitions and configurations that a network file imports. */
import { type DiagnosticEntry, entry } from './entry.ts'

export const cloudServiceEntries = {
  GL1020: entry(
    'XML syntax',
    'A service definition or configuration is not well-formed XML. Document types and entities are not read at all.',
  ),
  GL1021: entry(
    'unexpected XML document',
    'The root element is not the one that is wanted. `definition` names the `.csdef` file, `configuration` the `.cscfg` file.',
  ),
  GL1022: entry(
    'XML attribute missing',
    'An element lacks an attribute that it needs, or the attribute is no fit name.',
  ),
  GL1023: entry(
    'instance count missing',
    'The definition has a role of which the configuration does not say how many instances there are.',
  ),
  GL1024: entry(
    'XML element not supported',
    'The element or attribute may bear on what the network allows, and has no meaning in Glacis. It would have to be obeyed, so it is not passed over.',
    '`docs/guide/cloud-services.md` lists what of the published schemas means what.',
  ),
  GL1025: entry(
    'unknown protocol',
    'Endpoints speak http, https, tcp or udp, internal ones also any; probes speak http or tcp.',
  ),
  GL1026: entry(
    'role without a definition',
    'The configuration has a role that the definition has not. It is left out.',
  ),
  GL1027: entry(
    'XML attribute out of range',
    'A port, port range or instance count is no number or out of range.',
  ),
  GL1028: entry(
    'module not expanded',
    'Azure’s tools expand a module to endpoints of the role. What this one would open is not known, or its setting does not say whether it is enabled, so it stays closed. RemoteAccess, RemoteForwarder and Diagnostics are known.',
  ),
  GL1029: entry(
    'local port reassigned',
    'Two endpoints at the VIP name the same port of the VMs. Balancers keep no state for them, and could not tell by which of the two VIP ports a reply is to leave. One endpoint keeps the port; the other leads to a port that was assigned, as if its `localPort` were `*`. Nothing more opens that way.',
  ),
  GL1030: entry(
    'not taken over',
    'What the file says here has no meaning in this network: where Azure takes addresses from, and how it asks for health. Leaving it out opens nothing. This is only a warning.',
  ),
  GL1031: entry(
    'XML element incomplete',
    'An element lacks a part without which it is not clear what it allows, or has it twice.',
  ),
  GL1032: entry(
    'internal endpoint closed',
    'A definition with `<NetworkTrafficRules>` opens only what these allow: an internal endpoint that no `<OnlyAllowTrafficTo>` names is closed to all roles. This is only a warning.',
  ),
} as const satisfies Record<string, DiagnosticEntry>
