/**
 * R26: staff reach hosts from a jump box while access is granted, and not a moment longer, whatever becomes of our processes; every
 * grant, use and end is in a log.
 */
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { createServer, type Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { AuditLog, headFile, verifyLog } from '../../src/control/index.ts'
import { connectTcp, createPoller, type Namespace, type Poller } from '../../src/kernel/index.ts'
import type { CountersResult, GrantResult, ListResult, RevokeResult } from '../../src/lab/index.ts'
import { addressOf, smallNetwork } from '../../src/lab/testing/small-network.ts'
import type { Family } from '../../src/net/index.ts'
import { KnownLab, listenOnceFree } from './known-lab.ts'
import { describeKernel } from './requirements.ts'

const folder = mkdtempSync(join(tmpdir(), 'glacis-r26-'))
vi.stubEnv('GLACIS_STATE_DIR', folder)
const { ask, auditLogPath, controlPath, findRunning } = await import('../../src/lab/index.ts')

const network = smallNetwork()
const families: readonly Family[] = [4, 6]
const port = 7443
const log = auditLogPath('small')
const kindsIn = (path: string): string[] => verifyLog(path).records.map(({ kind }) => kind)
const kinds = (): string[] => kindsIn(log)
/** Milliseconds after which nothing comes any more; below the second after which TCP sends again. */
const patience = 600

describeKernel('R26 support access', () => {
  const lab = new KnownLab(findRunning)
  let poller: Poller
  const connections = new Set<Socket>()

  const start = () => lab.start()
  const end = (signal: NodeJS.Signals) => lab.end(signal)
  const inside = (node: string): Namespace => lab.inside(node)

  async function connect(namespace: Namespace, family: Family, to = 'lab/host1'): Promise<Socket> {
    const destination = addressOf(network, to, family)
    const fd = await connectTcp(poller, { namespace, destination, port }, patience)
    const socket = new Socket({ fd })
    socket.on('error', () => {})
    connections.add(socket)
    return socket
  }

  const grant = async (seconds: number, to = 'lab/host1', who = 'alice') => {
    const params = { who, by: 'root', to, seconds, reason: 'disk errors' }
    const result = (await ask(controlPath('small'), 'access-grant', { params })) as GrantResult
    // Not before the end: the answer took time.
    const over = process.hrtime.bigint() + BigInt(Math.ceil(result.grant.secondsLeft * 1e9))
    return { ...result.grant, over }
  }
  const passed = async (time: bigint): Promise<void> => {
    while (process.hrtime.bigint() < time) await setTimeout(20)
  }
  const packetsOf = async (rule: string): Promise<number> => {
    const { points } = (await ask(controlPath('small'), 'counters')) as CountersResult
    const point = points.find(({ id }) => id === 'lab/host1/partition/in')
    return point?.rules.find(({ id }) => id === rule)?.packets ?? Number.NaN
  }

  beforeAll(() => {
    poller = createPoller()
  })
  afterEach(() => {
    for (const socket of connections) socket.destroy()
    connections.clear()
    lab.closeNamespaces()
  })
  afterAll(() => {
    lab.kill()
    poller.close()
    rmSync(folder, { recursive: true, force: true })
  })

  describe('while the network is up', () => {
    beforeAll(start)
    afterAll(() => end('SIGTERM'))

    it.each(families)('is denied over IPv%i without a grant, under a rule of its own', async (family) => {
      const before = await packetsOf('grant/none')
      await expect(connect(inside('lab/jump1'), family)).rejects.toThrow()
      expect(await packetsOf('grant/none')).toBe(before + 1)
      // Controllers have standing access.
      await connect(inside('lab/fc1'), family)
    })

    it('is there while granted, to that host and from that jump box alone, and ends', async () => {
      const jump = inside('lab/jump1')
      const { over, number } = await grant(4)
      for (const family of families) await connect(jump, family)
      await expect(connect(jump, 4, 'lab/host2')).rejects.toThrow()
      await expect(connect(inside('lab/storage1'), 4)).rejects.toThrow()
      await expect.poll(async () => (await list())[0]?.uses).toBe(2)
      await passed(over)
      for (const family of families) await expect(connect(jump, family)).rejects.toThrow()
      await expect.poll(() => verifyLog(log).records.at(-1)?.kind).toBe('expire')
      expect(await list()).toEqual([])
      const { ok, records } = verifyLog(log)
      expect(ok).toBe(true)
      const about = records.filter(({ fields }) => fields.grant === number)
      expect(about.map(({ kind }) => kind)[0]).toBe('grant')
      expect(about.at(-1)).toMatchObject({ kind: 'expire', fields: { uses: 2 } })
    })

    it('is taken back with the connections that are open', async () => {
      const jump = inside('lab/jump1')
      const { number } = await grant(600)
      const socket = await connect(jump, 4)
      const controller = await connect(inside('lab/fc1'), 4)
      const before = await packetsOf('flow/none')
      const { grant: ended } = (await ask(controlPath('small'), 'access-revoke', {
        params: { grant: number, by: 'bob' },
      })) as RevokeResult
      expect(ended.connections).toBe(1)
      socket.write('x')
      await expect.poll(() => packetsOf('flow/none')).toBeGreaterThan(before)
      const established = await packetsOf('flow/established')
      controller.write('x')
      await expect.poll(() => packetsOf('flow/established')).toBeGreaterThan(established)
      await expect(connect(jump, 4)).rejects.toThrow()
      expect(kinds().slice(-2)).toEqual(['use', 'revoke'])
      expect(verifyLog(log).ok).toBe(true)
    })

    it('is written down by one process alone', () => {
      expect(() => new AuditLog(log)).toThrow('another process writes it')
    })

    it('is refused with a reason, and that is in the log too', async () => {
      await expect(grant(9 * 3600)).rejects.toThrow('longer than 8h')
      await expect(grant(60, 'lab/hots1')).rejects.toThrow("did you mean 'lab/host1'?")
      expect(kinds().slice(-2)).toEqual(['refuse', 'refuse'])
    })
  })

  describe('when somebody takes its log away', () => {
    beforeAll(start)
    afterAll(async () => {
      await end('SIGTERM')
      for (const file of [log, headFile(log)]) rmSync(file)
    })

    it('is not granted; what is granted can be revoked; all of it is in the log that comes back', async () => {
      expect(findRunning('small')?.auditLog).toBe(log)
      const jump = inside('lab/jump1')
      const { number } = await grant(600)
      await connect(jump, 4)
      renameSync(log, `${log}.1`)
      const before = kindsIn(`${log}.1`).length
      for (let attempt = 0; attempt < 3; attempt++)
        await expect(grant(60, 'lab/host2')).rejects.toThrow('was moved away while the network was up')
      await expect(connect(jump, 4, 'lab/host2')).rejects.toThrow()
      expect(verifyLog(log)).toMatchObject({ ok: false, findings: [{ kind: 'truncated' }] })
      await ask(controlPath('small'), 'access-revoke', { params: { grant: number, by: 'bob' } })
      await expect(connect(jump, 4)).rejects.toThrow()
      renameSync(`${log}.1`, log)
      await expect
        .poll(() => kinds().slice(before).toSorted())
        .toEqual(['damaged', 'refuse', 'refuse', 'refuse', 'use', 'revoke'].toSorted())
      expect((await grant(60)).number).toBe(number + 1)
      // That it was away stays in it for good.
      expect(new Set(verifyLog(log).findings.map(({ kind }) => kind))).toEqual(new Set(['damaged']))
      for (const file of [log, headFile(log)]) rmSync(file)
      await expect(grant(60, 'lab/host2')).rejects.toThrow('was deleted while the network was up')
      rmSync(headFile(log))
      await expect.poll(() => kinds().slice(0, 2)).toEqual(['damaged', 'refuse'])
    })
  })

  describe('when every process of ours is dead', () => {
    let servers: readonly Server[] = []
    afterEach(() => {
      for (const server of servers) server.close()
    })

    it('goes on until its end, and ends: for new connections and for those that are open', async () => {
      await start()
      const [jump, fc, host] = ['lab/jump1', 'lab/fc1', 'lab/host1'].map(inside) as [
        Namespace,
        Namespace,
        Namespace,
      ]
      for (const node of ['lab/dr1', 'lab/dr2']) inside(node)
      const { over } = await grant(8)
      await end('SIGKILL')

      servers = await echoAt(host)
      const talks = await Promise.all(families.map(async (family) => new Talk(await connect(jump, family))))
      const control = new Talk(await connect(fc, 4))
      // Until well after the end, both kinds of connection say something all the time.
      while (process.hrtime.bigint() < over + 1_500_000_000n) {
        for (const talk of [...talks, control]) talk.say()
        await setTimeout(25)
      }
      await setTimeout(patience)
      // The kernel's coarse clock moves with its timer tick, at most 10 ms.
      const tick = 10_000_000n
      for (const talk of talks) {
        expect(talk.heardBefore(over)).toBeGreaterThan(0)
        expect(talk.saidAfter(over + tick)).toBeGreaterThan(0)
        expect(talk.heardAfter(over + tick)).toBe(0)
      }
      expect(control.heardAfter(over + tick)).toBeGreaterThan(0)
      for (const family of families) await expect(connect(jump, family)).rejects.toThrow()
      await connect(fc, 6)
    })

    it('is told as lost by the next network of that name, which goes on with the log', async () => {
      await start()
      const { records, ok } = verifyLog(log)
      expect(ok).toBe(true)
      expect(records.at(-1)).toMatchObject({ kind: 'lost', fields: { grant: expect.any(Number) } })
      expect((await grant(60)).number).toBe(Number(records.at(-1)?.fields.grant) + 1)
      await end('SIGTERM')
      expect(kinds().slice(-2)).toEqual(['grant', 'end'])
      expect(verifyLog(log).ok).toBe(true)
    })
  })

  const list = async () => ((await ask(controlPath('small'), 'access-list')) as ListResult).grants

  /** Answers at the host's port with what it gets, once the killed lab's own listeners are gone. */
  async function echoAt(namespace: Namespace): Promise<readonly Server[]> {
    const servers: Server[] = []
    for (const family of families) {
      const server = createServer((socket) => {
        connections.add(socket)
        socket.on('error', () => {}).on('data', (data) => socket.write(data))
      })
      const address = addressOf(network, 'lab/host1', family)
      server.listen({ fd: await listenOnceFree(namespace, { address, port }) })
      await once(server, 'listening')
      servers.push(server)
    }
    return servers
  }
})

/** A connection on which numbers are sent and come back. */
class Talk {
  readonly #socket: Socket
  readonly #said: bigint[] = []
  #heard = 0

  constructor(socket: Socket) {
    this.#socket = socket
    let rest = ''
    socket.setEncoding('latin1').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      this.#heard += lines.length
    })
  }

  say(): void {
    this.#said.push(process.hrtime.bigint())
    this.#socket.write(`${this.#said.length}\n`)
  }

  /** What comes back comes in order: so many of what was said before or from a time on. */
  heardBefore(time: bigint): number {
    return this.#said.slice(0, this.#heard).filter((said) => said < time).length
  }
  heardAfter(time: bigint): number {
    return this.#said.slice(0, this.#heard).filter((said) => said >= time).length
  }
  saidAfter(time: bigint): number {
    return this.#said.filter((said) => said >= time).length
  }
}
