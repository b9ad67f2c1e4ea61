/** The control socket against clients of every kind. */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import * as v from 'valibot'
import { afterAll, afterEach, expect, test } from 'vitest'
import { ask } from './client.ts'
import { maxRequest } from './protocol.ts'
import { ControlRegistry } from './registry.ts'
import { type ControlServer, serveControl } from './server.ts'

const folder = mkdtempSync(join(tmpdir(), 'glacis-control-'))
const path = join(folder, 'lab.sock')
let server: ControlServer | undefined
let ended = 0

const registry = new ControlRegistry()
  .add('double', v.strictObject({ n: v.number() }), ({ n }) => 2 * n)
  .add('fail', v.strictObject({}), () => {
    throw new Error('the disk is full')
  })
  .add('count', v.strictObject({ to: v.number() }), async ({ to }, { emit }) => {
    for (let i = 0; i < to; i++) emit({ i, padding: 'x'.repeat(1000) })
    return to
  })
  .add('wait', v.strictObject({}), async (_, { signal, emit }) => {
    emit('started')
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    ended++
  })

const serve = async (): Promise<void> => {
  server = await serveControl(path, registry)
}

afterEach(async () => {
  await server?.close()
  server = undefined
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Sends bytes as they are, and returns all that comes until the server closes, or until `lines` lines have come. */
function send(bytes: string | Uint8Array, lines = Number.POSITIVE_INFINITY): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = ''
    const socket = createConnection(path, () => socket.write(bytes))
    socket.on('data', (chunk) => {
      heard += chunk
      if (heard.split('\n').length > lines) socket.destroy()
    })
    socket.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EPIPE' ? undefined : reject(error),
    )
    socket.once('close', () => resolve(heard))
  })
}

test('answers, for its owner only, and leaves nothing behind', async () => {
  await serve()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(await ask(path, 'double', { params: { n: 21 } })).toBe(42)
  await server?.close()
  expect(existsSync(path)).toBe(false)
  await expect(ask(path, 'double', { params: { n: 1 } })).rejects.toMatchObject({ code: 'GL7006' })
})

test('takes the place of what an earlier lab left', async () => {
  writeFileSync(path, 'left behind')
  await serve()
  expect(await ask(path, 'double', { params: { n: 1 } })).toBe(2)
})

test('a path that is too long for a socket is refused with the remedy', async () => {
  await expect(serveControl(join(folder, 'x'.repeat(120)), registry)).rejects.toThrow('GLACIS_STATE_DIR')
})

test.each([
  ['no such method', 'duble', {}, 'GL7003', 'did you mean double?'],
  ['wrong parameters', 'double', { n: 'x' }, 'GL7004', 'n: Invalid type'],
  ['unknown parameters', 'double', { n: 1, m: 2 }, 'GL7004', 'm: '],
  ['a method that fails', 'fail', {}, 'GL7005', 'the disk is full'],
])('%s: an error with its number', async (_, method, params, code, message) => {
  await serve()
  const failure = ask(path, method, { params })
  await expect(failure).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
})

test('another version of the protocol is refused by name', async () => {
  await serve()
  expect(await send('{"glacis":2,"id":7,"method":"double"}\n', 1)).toMatch(/"id":7.*"GL7002".*version 2/)
})

test('several requests in one connection, each answered under its number', async () => {
  await serve()
  const two =
    '{"glacis":1,"id":1,"method":"double","params":{"n":1}}\n\n{"glacis":1,"id":2,"method":"double","params":{"n":2}}\n'
  expect((await send(two, 2)).trim().split('\n').sort()).toEqual([
    '{"id":1,"result":2}',
    '{"id":2,"result":4}',
  ])
})

test('garbage is answered by one error, and the connection is closed', async () => {
  await serve()
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json(), fc.uint8Array()), async (noise) => {
      const bytes = Buffer.concat([Buffer.from(noise), Buffer.from('\n{not JSON}\n')])
      const heard = (await send(bytes)).trim().split('\n')
      expect(JSON.parse(heard.at(-1) as string)).toMatchObject({ id: null, error: { code: 'GL7001' } })
    }),
    { numRuns: 60 },
  )
  expect(await ask(path, 'double', { params: { n: 2 } })).toBe(4)
})

test('a line without an end is not kept', async () => {
  await serve()
  expect(await send('x'.repeat(maxRequest + 1))).toContain('GL7001')
})

test('who goes away ends what he asked for', async () => {
  await serve()
  const before = ended
  const controller = new AbortController()
  const onEvent = (): void => controller.abort()
  expect(await ask(path, 'wait', { params: {}, onEvent, signal: controller.signal })).toBeUndefined()
  await expect.poll(() => ended).toBe(before + 1)
})

test('the end of the lab ends whoever waits', async () => {
  await serve()
  const waiting = ask(path, 'wait', { params: {}, onEvent: () => void server?.close() })
  await expect(waiting).rejects.toMatchObject({ code: 'GL7006' })
})

test('who does not read gets to know how much he missed', async () => {
  await serve()
  let [heard, missed] = [0, 0]
  const to = 5000
  const result = await ask(path, 'count', {
    params: { to },
    onEvent: () => void heard++,
    onMissed: (count) => {
      missed += count
    },
  })
  expect(result).toBe(to)
  expect(missed).toBeGreaterThan(0)
  expect(heard + missed).toBe(to)
})
