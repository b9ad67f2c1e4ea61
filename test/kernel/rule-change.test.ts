/**
 * Rules change under connections that are open, seen by a client in a process of its own: what stays allowed loses nothing, what is no longer
 * allowed is over when the update is.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { compileDeployment } from '../../src/dataplane/index.ts'
import { bringUpKernel, type KernelFabric, RunningNetwork } from '../../src/lab/index.ts'
import { addressOf, smallNetwork } from '../../src/lab/testing/small-network.ts'
import { formatIp } from '../../src/net/index.ts'
import { derivePolicy, linkFlows, type Policy } from '../../src/policy/index.ts'
import { withTiers } from '../../src/policy/testing/sample.ts'
import { spawnInside } from './inside.ts'
import { describeKernel } from './requirements.ts'

interface Talk {
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  /** Before and after the mark. */
  readonly said: readonly [number, number]
  readonly heard: readonly [number, number]
}

const orders = 'orders: { protocol: tcp, port: 9000 }'
const network = smallNetwork((text) =>
  text.replace(
    orders,
    `${orders}\n          going: { protocol: tcp, port: 9002 }\n          leaving: { protocol: udp, port: 9003 }`,
  ),
)
const policy = derivePolicy(network)
const server = 'lab/shop-worker-0'
const ports = [
  { protocol: 'tcp', port: 9000 },
  { protocol: 'udp', port: 9001 },
  { protocol: 'tcp', port: 9002 },
  { protocol: 'udp', port: 9003 },
] as const
/** In this one nothing listens on the server: a process of its own does, which is never busy with the rules. */
const mute = {
  ...network,
  nodes: network.nodes.map((node) => (node.id === server ? { ...node, listeners: [] } : node)),
}

/** Without the rules of two endpoints, behind which all goes on listening. */
const narrowed: Policy = {
  points: linkFlows(
    withTiers(policy.points, (tier) =>
      tier.kind === 'rules' && tier.name === 'role'
        ? { ...tier, rules: tier.rules.filter(({ id }) => !/going|leaving/.test(id)) }
        : tier,
    ),
  ),
}

describeKernel('rules change under open connections', () => {
  it('what stays allowed loses nothing, what is no longer allowed is over', async () => {
    const deployment = compileDeployment(network, policy)
    const fabric = await bringUpKernel({ network: mute, deployment })
    const running = new RunningNetwork('small', fabric, { network, policy, deployment })
    const enforce = async (next: Policy) => {
      const revision = running.inForce.revision + 1
      const successor = compileDeployment(network, next, running.successor())
      const exchange = await fabric.update({ network: mute, deployment: successor })
      running.replaced({ network, policy: next, deployment: successor, revision })
      return exchange
    }
    const talkers: Talker[] = []
    try {
      const echo = new Talker(fabric, server)
      talkers.push(echo)
      await echo.order({ serve: ports })
      const talker = new Talker(fabric, 'lab/shop-web-0')
      talkers.push(talker)
      const count = 4
      const to = ([4, 6] as const).map((family) => formatIp(addressOf(network, server, family)))
      const open = to.flatMap((address) => ports.map((port) => ({ ...port, address, count })))
      await talker.order({ open })
      await setTimeout(200)
      // Rules that say the same, then fewer, then the same again: only the second ends anything.
      await enforce(policy)
      await setTimeout(100)
      const { seconds } = await enforce(narrowed)
      await talker.order({ mark: true })
      await setTimeout(200)
      await enforce(narrowed)
      await setTimeout(200)
      const talks = await talker.stop()
      await echo.stop()
      expect(talks).toHaveLength(to.length * ports.length * count)
      for (const { protocol, port, said, heard } of talks) {
        expect(said[0]).toBeGreaterThan(20)
        expect(said[1]).toBeGreaterThan(20)
        if (port <= 9001) expect([protocol, port, heard]).toEqual([protocol, port, said])
        else expect([protocol, port, heard[0] > 0, heard[1]]).toEqual([protocol, port, true, 0])
      }
      process.stdout.write(
        `rules of ${deployment.nodes.size} nodes exchanged within ${(seconds * 1000).toFixed(1)} ms\n`,
      )
    } finally {
      for (const talker of talkers) talker.kill()
      await fabric.close()
    }
  })
})

/** The client process. */
class Talker {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>

  constructor(fabric: KernelFabric, node: string) {
    const script = fileURLToPath(new URL('talker.mjs', import.meta.url))
    this.#child = spawnInside(fabric, node, process.execPath, [script])
    this.#child.stderr.pipe(process.stderr)
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Resolves to what the client answers. */
  async order(order: object): Promise<string> {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`)
    return (await this.#lines.next()).value ?? ''
  }

  async stop(): Promise<readonly Talk[]> {
    const talks = JSON.parse(await this.order({ stop: true })) as readonly Talk[]
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
    return talks
  }
}
