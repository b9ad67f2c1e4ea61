/** Echo services (RFC 862): they return what they get. */
import type { Socket } from 'node:net'
import { udpEndpoint } from '../../../dns/index.ts'

/** Until the client is done. */
export const echoStream = (socket: Socket): void => void socket.pipe(socket)

/** On a bound dual-stack socket, which is owned from now on. Resolves to what closes it. */
export async function echoDatagrams(fd: number): Promise<() => void> {
  const endpoint = await udpEndpoint('udp6', { fd })
  endpoint.receive((message, from) => endpoint.send(message, from))
  return endpoint.close
}
