/** Packets of a kind, the same in every JSON document. */
import { formatPortRange } from '../../net/index.ts'
import type { Traffic } from '../../verify/index.ts'

export const trafficJson = ({
  families,
  protocol,
  ports,
  sourcePorts,
  icmpTypes,
  numbers,
  strays,
}: Traffic) => ({
  families,
  protocol,
  ports: ports?.map(formatPortRange) ?? null,
  sourcePorts: sourcePorts?.map(formatPortRange) ?? null,
  ...(icmpTypes && { icmpTypes: icmpTypes.map(formatPortRange) }),
  ...(numbers && { numbers: numbers.map(formatPortRange) }),
  opens: strays === undefined,
})
