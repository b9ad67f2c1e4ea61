/** Questions on a command line: what is understood, and what is said of slips. */
import { describe, expect, it } from 'vitest'
import { main } from '../main.ts'

async function run(...argv: string[]) {
  const said = { out: '', err: '' }
  const code = await main(argv, {
    stdout: { write: (text) => (said.out += text) },
    stderr: { write: (text) => (said.err += text) },
  })
  return { code, ...said }
}

const example = 'examples/two-sites/network.yaml'

describe('glacis why', () => {
  it('answers as JSON, with the line to change', async () => {
    const { code, out } = await run('why', example, 'internet', 'shop/worker', 'tcp', '9000', '--json')
    expect(code).toBe(0)
    const { reaches, changes, question, ways } = JSON.parse(out)
    expect(reaches).toBe(false)
    expect(question).toBe('internet to shop/worker, tcp 9000')
    expect(changes[0].edits[0]).toMatchObject({ kind: 'own', at: { file: example } })
    expect(changes[0].confirmed).toBe(true)
    expect(ways[0].stops[0].traffic).toEqual([
      { families: [4, 6], protocol: 'tcp', ports: ['9000'], sourcePorts: null, opens: true },
    ])
  })

  it('shows of several senders packets that each of them has', async () => {
    const { out } = await run('why', example, 'vms,internet', 'hosts', 'tcp', '22', '--json')
    const sources = JSON.parse(out).ways[0].stops.map(
      ({ packet }: { packet: { source: string } }) => packet.source,
    )
    expect(new Set(sources)).toEqual(new Set(['10.16.64.1', '192.0.2.1']))
  })

  it('points to a name that means nothing', async () => {
    const { code, err } = await run('why', example, 'internet', 'shop/wroker', 'tcp 9000')
    expect(code).toBe(2)
    expect(err).toContain('question:1:13')
    expect(err).toContain("did you mean 'shop/worker'?")
    expect(err).not.toContain('    at ')
  })

  it('takes a slip in a protocol for one, and a machine that asks for itself for a mistake', async () => {
    const slip = await run('why', example, 'internet', 'shop/web', 'tpc 443')
    expect(slip.code).toBe(2)
    expect(slip.err).toContain("'tpc' is no protocol")
    const itself = await run('why', example, 'west/fc1', 'west/fc1')
    expect(itself.code).toBe(2)
    expect(itself.err).toContain('sends nothing to itself')
  })

  it('says what is missing, and what is sent by nobody', async () => {
    expect((await run('why', example, 'internet')).err).toContain('it is not said who is to be reached')
    const { code, err } = await run('why', example, 'internet', 'internet')
    expect(code).toBe(2)
    expect(err).toContain('what the Internet sends to the Internet never meets this network')
  })

  it('knows that an endpoint has its own port', async () => {
    const { code, err } = await run('why', example, 'internet', 'shop/web/https', 'tcp 443')
    expect(code).toBe(2)
    expect(err).toContain('has its own protocol and port')
  })
})
