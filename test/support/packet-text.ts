/** A packet in a test's story: everything that a filter sees of it. */
import { formatIp } from '../../src/net/index.ts'
import type { IpHeaders } from '../../src/wire/index.ts'

export const packetText = ({
  source,
  destination,
  protocol,
  sourcePort,
  destinationPort,
  tcpFlags,
  icmpType,
  icmpCode,
}: IpHeaders): string =>
  `protocol ${protocol} ${formatIp(source)} ${sourcePort} → ${formatIp(destination)} ${destinationPort} flags ${tcpFlags} icmp ${icmpType}/${icmpCode}`
