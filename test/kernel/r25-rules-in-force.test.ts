/**
 * R25: what is wanted goes in, rules come out on every host or on none, what became of it comes back; and the rules stay in force when the
 * process that put them there is dead.
 */
import { once } from 'node:events'
import { closeSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { connectTcp, createPoller, type Namespace, type Poller } from '../../src/kernel/index.ts'
import type { ApplyResult } from '../../src/lab/index.ts'
import { addressOf, smallNetwork } from '../../src/lab/testing/small-network.ts'
import type { Family } from '../../src/net/index.ts'
import { KnownLab, listenOnceFree } from './known-lab.ts'
import { describeKernel } from './requirements.ts'

const folder = mkdtempSync(join(tmpdir(), 'glacis-r25-'))
vi.stubEnv('GLACIS_STATE_DIR', folder)
const { ask, controlPath, findRunning } = await import('../../src/lab/index.ts')

let original = ''
const network = smallNetwork((text) => {
  original = text
  return text
})
const families: readonly Family[] = [4, 6]
const [client, server] = ['lab/shop-web-0', 'lab/shop-worker-0']
/** Milliseconds after which nothing comes any more; below the second after which TCP sends again. */
const patience = 600

describeKernel('R25: a controller puts the rules in force', () => {
  const lab = new KnownLab(findRunning)
  let poller: Poller
  const namespaces = new Map<string, Namespace>()

  beforeAll(async () => {
    poller = createPoller()
    await lab.start()
    for (const node of [client, server, ...hostsAndRouters()]) namespaces.set(node, lab.inside(node))
  })
  afterAll(() => {
    lab.kill()
    lab.closeNamespaces()
    poller?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const reaches = async (port: number, family: Family): Promise<boolean> => {
    const destination = addressOf(network, server, family)
    try {
      const namespace = namespaces.get(client) as Namespace
      closeSync(await connectTcp(poller, { namespace, destination, port }, patience))
      return true
    } catch {
      return false
    }
  }
  const reached = async (port: number) => Promise.all(families.map((family) => reaches(port, family)))
  const apply = async (text: string): Promise<ApplyResult> => {
    const file = join(folder, 'network.yaml')
    writeFileSync(file, text)
    return (await ask(controlPath('small'), 'apply', { params: { file } })) as ApplyResult
  }

  it('what is wanted comes into force, and what changed is told', async () => {
    expect([await reached(9000), await reached(9100)]).toEqual([
      [true, true],
      [false, false],
    ])
    const moved = original.replace('protocol: tcp, port: 9000', 'protocol: tcp, port: 9100')
    const { revision, changed } = await apply(moved)
    expect(revision).toBe(1)
    expect(changed).toContainEqual(expect.stringMatching(/vm\/shop-worker-0\/in role\/orders$/))
    expect([await reached(9000), await reached(9100)]).toEqual([
      [false, false],
      [true, true],
    ])
  })

  it('what cannot be changes nothing, and says why', async () => {
    await expect(apply(original.replace('port: 9000', 'port: 90000'))).rejects.toThrow(/correct its mistakes/)
    await expect(apply(original.replace('hosts: 2', 'hosts: 3'))).rejects.toThrow(/bring it up again/)
    expect([await reached(9000), await reached(9100)]).toEqual([
      [false, false],
      [true, true],
    ])
  })

  it('the rules stay in force when the process is dead', async () => {
    await lab.end('SIGKILL')
    const servers = await Promise.all([9100, 9000].map(listen))
    try {
      expect([await reached(9000), await reached(9100)]).toEqual([
        [false, false],
        [true, true],
      ])
    } finally {
      for (const each of servers) each.close()
    }
  })

  /** On the VM, once the killed lab's own listeners are gone. */
  async function listen(port: number): Promise<Server> {
    const listening = createServer((socket) => socket.on('error', () => {}))
    const local = { address: { family: 6, value: 0n } as const, port, v6only: false }
    listening.listen({ fd: await listenOnceFree(namespaces.get(server) as Namespace, local) })
    await once(listening, 'listening')
    return listening
  }
})

const hostsAndRouters = (): readonly string[] =>
  network.nodes.filter(({ kind }) => kind === 'host' || kind === 'distribution-router').map(({ id }) => id)
