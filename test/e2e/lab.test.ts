/** A network on this machine, from the user's side: it comes up, is entered and ended, and nothing stays behind. */
import { existsSync, readdirSync } from 'node:fs'
import { afterAll, afterEach, expect, test } from 'vitest'
import { objectIds } from '../../src/kernel/index.ts'
import { describeKernel } from '../kernel/requirements.ts'
import { example, User } from './glacis.ts'

const user = new User()
afterAll(() => user.leave())

test('portable mode checks the network, and says that it is portable', async () => {
  const { code, document } = await user.json('up', example, '--check', '--portable')
  expect(code).toBe(0)
  expect(document).toMatchObject({ ok: true, mode: 'portable', nodes: 61, vms: 24, disagreed: [] })
  expect(document.agreed).toBe(document.probes)
  expect(document.probes).toBeGreaterThan(1000)
  expect(document.seconds.total).toBeGreaterThan(0)
})

test('what is not up cannot be entered, and need not be taken down', async () => {
  const entered = await user.run('shell', 'internet', '--', 'true')
  expect(entered).toMatchObject({ code: 69, stderr: expect.stringContaining('glacis up') })
  const { code, document } = await user.json('down')
  expect(code).toBe(0)
  expect(document).toMatchObject({ ok: true, down: [] })
})

describeKernel('a network in the kernel', () => {
  const before = interfaces()
  const programs = programCount()

  /** The kernel frees namespaces and what hangs in them some time after the last holder is gone. */
  afterEach(async () => {
    await expect.poll(() => programCount() <= programs, { timeout: 20_000, interval: 200 }).toBe(true)
    expect(interfaces()).toEqual(before)
    expect(stateFiles()).toEqual([])
  })

  test('up --check: everything as predicted', async () => {
    const { code, document } = await user.json('up', example, '--check')
    expect(document).toMatchObject({ ok: true, mode: 'kernel', disagreed: [], unexplained: [] })
    expect(code).toBe(0)
  })

  test('up, shell, a second up, down', async () => {
    const network = user.start(['up', example])
    await network.shows('is up')
    const inside = (...command: string[]) => user.run('shell', 'internet', '--', ...command)

    expect(await inside('sh', '-c', 'exit 7')).toMatchObject({ code: 7 })
    expect(await inside('no-such-program')).toMatchObject({ code: 127 })
    if (installed('dig'))
      expect(await inside('dig', '+short', 'shop.west.cloudapp.example')).toMatchObject({
        code: 0,
        stdout: '198.51.100.2\n',
      })
    if (installed('curl')) {
      const { code, stdout } = await inside('curl', '-sk', 'https://shop.west.cloudapp.example/')
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ service: 'shop', role: 'web', site: 'west' })
      // A fabric controller asks the agent of a host, and has a certificate to show.
      const ask =
        'curl -s --cert "$GLACIS_CERT" --key "$GLACIS_KEY" --cacert "$GLACIS_CA" https://10.16.2.1:7443/'
      const agent = await user.run('shell', 'west/fc1', '--', 'sh', '-c', ask)
      expect(JSON.parse(agent.stdout)).toMatchObject({ node: 'west/host1', peer: 'west/fc1' })
    }
    const unknown = await user.run('shell', 'west/jump2', '--', 'true')
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("did you mean 'west/jump1'?") })

    const second = await user.run('up', example)
    expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining('--name') })

    const down = await user.json('down', 'two-sites')
    expect(down.code).toBe(0)
    expect(down.document.down).toEqual([expect.objectContaining({ name: 'two-sites' })])
    expect(await network.finished).toMatchObject({ code: 0 })
    expect(await user.run('down')).toMatchObject({ code: 0 })
  })

  test('after kill -9 the next down finds nothing to do, and the next up comes up', async () => {
    const killed = user.start(['up', example])
    await killed.shows('is up')
    expect(stateFiles()).toEqual(['two-sites.json', 'two-sites.sock', 'two-sites.tls'])
    killed.process.kill('SIGKILL')
    expect(await killed.finished).toMatchObject({ code: 'SIGKILL' })

    expect((await user.json('down')).document.down).toEqual([])
    expect(stateFiles()).toEqual([])

    const next = user.start(['up', example])
    await next.shows('is up')
    next.process.kill('SIGINT')
    expect(await next.finished).toMatchObject({ code: 0 })
  })

  test.each(['Compiling rules', 'Creating nodes', 'Loading and attaching', 'Sending probes'])(
    'Ctrl-C at "%s" ends it and says so',
    async (phase) => {
      const network = user.start(['up', example, '--check', '--json'])
      await network.shows(phase)
      network.process.kill('SIGINT')
      const { code, stdout, stderr } = await network.finished
      expect(code).toBe(130)
      expect(stderr).toContain('interrupted')
      expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { exitCode: 130 } })
    },
  )

  test.skipIf(!installed('setpriv'))('who is not root gets portable mode, and is told why', async () => {
    const under = ['setpriv', '--reuid', '65534', '--clear-groups']
    const running = user.start(['up', example, '--check', '--json'], { under })
    const { code, stdout, stderr } = await running.finished
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, mode: 'portable' })
    expect(stderr).toMatch(/Portable mode: .*root.*sudo/)
  })

  /** The audit log of support access outlives its network. */
  function stateFiles(): readonly string[] {
    const files = existsSync(user.state) ? readdirSync(user.state) : []
    return files.filter((file) => !/\.access\.jsonl(\.head)?$/.test(file))
  }
})

function programCount(): number {
  return process.getuid?.() === 0 ? objectIds('program').length : 0
}

function installed(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`))
}

/** Names of the machine's own interfaces. */
function interfaces(): readonly string[] {
  return readdirSync('/sys/class/net').sort()
}
