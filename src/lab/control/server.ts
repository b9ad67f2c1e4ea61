/** The control socket of a running lab: only its owner may connect, nobody can harm it by what he sends or does not read. */
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import * as v from 'valibot'
import { ControlError, LineSplitter, maxRequest, protocolVersion, type Response } from './protocol.ts'
import type { ControlRegistry } from './registry.ts'

export interface ControlServer {
  readonly path: string
  /** Ends all requests and removes the socket; may be called twice. */
  close(): Promise<void>
}

/** Connections at once. */
const maxConnections = 64
/** Requests at once in a connection. */
const maxCalls = 16
/** Bytes that wait for a client beyond which events are left out. */
const maxWaiting = 1024 * 1024
/** struct sockaddr_un, less the terminating zero (unix(7)). */
const maxPath = 107

/**
 * Listens at a path, where a socket that an earlier lab left behind is removed. Rejects with `RangeError` if the path is too long for
 * a socket, else with what the system says.
 */
export async function serveControl(path: string, registry: ControlRegistry): Promise<ControlServer> {
  if (Buffer.byteLength(path) > maxPath)
    throw new RangeError(
      `listen at ${path}: the path has more than ${maxPath} bytes; set GLACIS_STATE_DIR to a shorter one`,
    )
  const connections = new Set<Connection>()
  const server = createServer((socket) => {
    const connection = new Connection(socket, registry)
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
  })
  server.maxConnections = maxConnections
  rmSync(path, { force: true })
  await listen(server, path)
  // The network must be able to end while somebody is connected.
  server.unref()
  let closing: Promise<void> | undefined
  return Object.freeze({
    path,
    close() {
      closing ??= new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const connection of connections) connection.end()
      }).then(() => rmSync(path, { force: true }))
      return closing
    },
  })
}

/** Binds with rights for the owner only: there is no moment in which others could connect. */
async function listen(server: Server, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', reject)
  })
  const before = process.umask(0o177)
  try {
    // A socket in the file system is bound within this call.
    server.listen(path)
  } finally {
    process.umask(before)
  }
  await listening
  chmodSync(path, 0o600)
  server.on('error', () => {})
}

const RequestSchema = v.object({
  glacis: v.number(),
  id: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  method: v.pipe(v.string(), v.maxLength(100)),
  params: v.optional(v.unknown()),
})

class Connection {
  readonly #socket: Socket
  readonly #registry: ControlRegistry
  readonly #calls = new Map<number, AbortController>()

  constructor(socket: Socket, registry: ControlRegistry) {
    this.#socket = socket
    this.#registry = registry
    const lines = new LineSplitter(maxRequest)
    socket.unref()
    socket.on('data', (chunk) => {
      for (const line of lines.push(chunk)) if (!this.#take(line)) return
    })
    // A client that has gone is no fault of ours.
    socket.on('error', () => {})
    socket.once('close', () => this.#abort())
  }

  end(): void {
    this.#abort()
    this.#socket.destroy()
  }

  #abort(): void {
    for (const controller of this.#calls.values()) controller.abort()
    this.#calls.clear()
  }

  /** False if nothing more is read. */
  #take(line: string | undefined): boolean {
    if (line === undefined)
      return this.#refuse(`read request: a line of more than ${maxRequest} bytes; ask for less at a time`)
    if (line.trim() === '') return true
    let json: unknown
    try {
      json = JSON.parse(line)
    } catch {
      return this.#refuse('read request: it is not JSON; send one JSON object a line')
    }
    const { success, output, issues } = v.safeParse(RequestSchema, json)
    if (!success) {
      const [issue] = issues
      return this.#refuse(`read request: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}; correct that`)
    }
    this.#start(output)
    return true
  }

  /** What follows a line that could not be read may be anything. */
  #refuse(message: string): false {
    this.#send({ id: null, error: { code: 'GL7001', message } })
    this.#socket.end()
    this.#socket.removeAllListeners('data')
    this.#socket.resume()
    return false
  }

  #start({ glacis, id, method, params }: v.InferOutput<typeof RequestSchema>): void {
    const fail = (error: ControlError) =>
      this.#send({ id, error: { code: error.code, message: error.message } })
    if (glacis !== protocolVersion)
      return fail(
        new ControlError(
          'GL7002',
          `read request: it is of version ${glacis}, this network speaks ${protocolVersion}; use the Glacis that brought it up`,
        ),
      )
    if (this.#calls.has(id) || this.#calls.size >= maxCalls)
      return fail(
        new ControlError(
          'GL7001',
          `start request ${id}: its number is in use, or ${maxCalls} run; wait for one`,
        ),
      )
    const controller = new AbortController()
    this.#calls.set(id, controller)
    const emitter = new Emitter(this.#socket, id)
    this.#registry.call(method, params, { signal: controller.signal, emit: emitter.emit }).then(
      (result) => {
        this.#calls.delete(id)
        emitter.flush()
        this.#send({ id, result: result ?? null })
      },
      (error: unknown) => {
        this.#calls.delete(id)
        if (controller.signal.aborted) return
        const message = error instanceof Error ? error.message : String(error)
        fail(error instanceof ControlError ? error : new ControlError('GL7005', `${method}: ${message}`))
      },
    )
  }

  #send(response: Response): void {
    write(this.#socket, response)
  }
}

function write(socket: Socket, response: Response): void {
  if (socket.writable) socket.write(`${JSON.stringify(response)}\n`)
}

/** The events of one request. */
class Emitter {
  readonly #socket: Socket
  readonly #id: number
  #missed = 0

  constructor(socket: Socket, id: number) {
    this.#socket = socket
    this.#id = id
  }

  readonly emit = (event: unknown): boolean => {
    if (this.#socket.writableLength > maxWaiting) {
      this.#missed++
      return false
    }
    this.flush()
    write(this.#socket, { id: this.#id, event })
    return true
  }

  /** Says what was left out until now. */
  flush(): void {
    if (this.#missed === 0) return
    write(this.#socket, { id: this.#id, missed: this.#missed })
    this.#missed = 0
  }
}
