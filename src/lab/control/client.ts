/** Asking a running lab: one connection for one request. */
import { createConnection } from 'node:net'
import { ControlError, LineSplitter, maxResponse, protocolVersion, type Response } from './protocol.ts'

export interface AskOptions {
  readonly params?: unknown
  readonly onEvent?: (event: unknown) => void
  /** So many events were left out, since this process was too slow. */
  readonly onMissed?: (count: number) => void
  /** Ends the request, which then resolves to `undefined`. */
  readonly signal?: AbortSignal
}

/**
 * Resolves to the result. Rejects with `ControlError`: what the lab said, or GL7006 if it is not there any more or goes down meanwhile;
 * with the system's error (`EACCES`) if this user may not ask it.
 */
export function ask(path: string, method: string, options: AskOptions = {}): Promise<unknown> {
  const { params, onEvent, onMissed, signal } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return resolve(undefined)
    const gone = () =>
      reject(
        new ControlError(
          'GL7006',
          `ask for ${method}: the network has gone down; bring it up with 'glacis up'`,
        ),
      )
    const socket = createConnection(path)
    const lines = new LineSplitter(maxResponse)
    const stop = (): void => {
      resolve(undefined)
      socket.destroy()
    }
    signal?.addEventListener('abort', stop, { once: true })
    socket.once('connect', () =>
      socket.write(`${JSON.stringify({ glacis: protocolVersion, id: 1, method, params })}\n`),
    )
    socket.on('data', (chunk) => {
      for (const line of lines.push(chunk)) {
        const response = line === undefined ? undefined : parse(line)
        if (!response) {
          reject(
            new ControlError(
              'GL7005',
              `ask for ${method}: the answer cannot be read; use the Glacis that brought the network up`,
            ),
          )
          socket.destroy()
          return
        }
        if ('event' in response) onEvent?.(response.event)
        else if ('missed' in response) onMissed?.(response.missed)
        else {
          if ('error' in response) reject(new ControlError(response.error.code, response.error.message))
          else resolve(response.result)
          socket.destroy()
          return
        }
      }
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EACCES' || error.code === 'EPERM') reject(error)
      else gone()
    })
    socket.once('close', () => {
      signal?.removeEventListener('abort', stop)
      gone()
    })
  })
}

function parse(line: string): Response | undefined {
  try {
    const json: unknown = JSON.parse(line)
    return typeof json === 'object' && json !== null ? (json as Response) : undefined
  } catch {
    return undefined
  }
}
