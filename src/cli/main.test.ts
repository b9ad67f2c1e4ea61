import { expect, test } from 'vitest'
import { main } from './main.ts'

const example = 'examples/two-sites/network.yaml'

async function run(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = ''
  let stderr = ''
  const code = await main(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  })
  return { code, stdout, stderr }
}

test('results go to stdout, and nothing else does', async () => {
  const { code, stdout, stderr } = await run('check', example)
  expect(code).toBe(0)
  expect(stdout).toContain('describes the network two-sites')
  expect(stderr).toBe('')
})

test('with --json stdout is one document, and what is for people goes to stderr', async () => {
  const { code, stdout, stderr } = await run('check', example, '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, summary: { network: 'two-sites' } })
  expect(stderr).toContain('describes the network two-sites')
})

test('check proves what is promised of every network, unless it is told not to', async () => {
  const { code, stdout } = await run('check', example, '--json')
  expect(code).toBe(0)
  const { proof } = JSON.parse(stdout)
  expect(proof).toMatchObject({ holds: true })
  expect(proof.invariants.length).toBeGreaterThanOrEqual(15)
  expect(JSON.parse((await run('check', example, '--json', '--no-proof')).stdout)).toMatchObject({
    proof: null,
  })
})

test('a mistake is one line that starts with the verb and ends with the remedy, and a document', async () => {
  const { code, stdout, stderr } = await run('explain', 'GL2', '--json')
  const message =
    "explain GL2: there is no such diagnostic, invariant or row; codes look like GL2001, invariants like vm-hears, rows like R19, and 'glacis check' shows them"
  expect(code).toBe(2)
  expect(stderr).toBe(`glacis: ${message}\n`)
  expect(JSON.parse(stdout)).toEqual({ ok: false, error: { message, exitCode: 2 } })
})

test('the document of an error has the exit code of the command, and what is wrong with the file', async () => {
  const { code, stdout } = await run('plan', example, 'missing.yaml', '--json')
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    error: { exitCode: 1 },
    file: 'missing.yaml',
    diagnostics: [{ code: 'GL1001' }],
  })
})

test('traffic has one form in all documents', async () => {
  const { stdout } = await run('matrix', example, '--from', 'shop web', '--to', 'shop web', '--json')
  const some = JSON.parse(stdout).cells.find(({ reached }: { reached: string }) => reached === 'some')
  expect(some.traffic).toEqual([
    { families: [4, 6], protocol: 'tcp', ports: ['8080', '8443'], sourcePorts: null, opens: true },
  ])
})

test('where a result cannot be written is said in words', async () => {
  const { code, stderr } = await run('matrix', example, '--to', 'storage', '--svg', 'missing/reach.svg')
  expect(code).toBe(2)
  expect(stderr).toContain('glacis: write missing/reach.svg: there is no such folder; choose another path')
})

test('explain knows every invariant and row that check prints, and what else is asked', async () => {
  const { proof } = JSON.parse((await run('check', example, '--json')).stdout)
  const proven = proof.invariants.filter(({ expected }: { expected: unknown }) => expected === null)
  expect(proven.length).toBeGreaterThan(40)
  for (const { id, rows, claim } of proven) {
    expect(JSON.parse((await run('explain', id, '--json')).stdout)).toMatchObject({ id, rows, claim })
    for (const row of rows) {
      const { invariants } = JSON.parse((await run('explain', row.toLowerCase(), '--json')).stdout)
      expect(invariants.map((each: { id: string }) => each.id)).toContain(id)
    }
  }
  const { stdout } = await run('explain', 'VM-hears')
  expect(stdout).toMatch(/^vm-hears \(R\d+(, R\d+)*\)\n\nA VM hears on the endpoints of its role/)
  expect(stdout).toMatch(/\njudged {5}at each enforcement point alone/)
  expect(stdout).toContain('docs/guide/proofs.md')
  expect((await run('explain', 'R19')).stdout).toContain('vm-destinations')
})

test.each([
  ['vm-hear', 'did you mean vm-hears?'],
  ['R999', 'no invariant states this row; rows are R1, R3'],
  ['expect', 'docs/guide/network-file.md'],
  ['exceptions', 'docs/guide/network-file.md'],
  ['expect:shop', 'it is an expectation of a network file'],
  ['failures', 'docs/guide/failures.md'],
])('explain %s is refused, and says what to do', async (word, remedy) => {
  const { code, stderr } = await run('explain', word)
  expect([code, stderr.includes(remedy), stderr]).toEqual([2, true, stderr])
})

test.each([
  [['chek'], "read the arguments: unknown command 'chek'; did you mean check?; see 'glacis --help'"],
  [
    ['check', '--jsno'],
    "read the arguments: unknown option '--jsno'; did you mean --json?; see 'glacis check --help'",
  ],
  [
    ['shell', 'internet', '--name', 'x'],
    "read the arguments: option '--name' stands after the node; write options before it, see 'glacis shell --help'",
  ],
  [
    ['access', 'grant', '--who', 'alice', '--to', 'west/host1', '--for', '30m'],
    "read the arguments: required option '--reason <text>' not specified; see 'glacis access grant --help'",
  ],
  [['import', 'nsg'], "read the arguments: missing required argument 'FILE'; see 'glacis import nsg --help'"],
  [['explain'], "read the arguments: missing required argument 'WORD'; see 'glacis explain --help'"],
  [
    ['trace', '--from', 'internet', '--to', 'x', '--proto', 'sctp'],
    "read the arguments: option '--proto <protocol>' argument 'sctp' is invalid. Allowed choices are tcp, udp, icmp; see 'glacis trace --help'",
  ],
  [
    ['trace', example, '--from', 'internet', '--to', 'tickets/Front', '--dport', '443'],
    "find 'tickets/Front': it is a role, and a packet goes to one machine; choose of west/tickets-front-0, west/tickets-front-1, east/tickets-front-0, east/tickets-front-1",
  ],
])('%j is refused in one line', async (argv, message) => {
  expect(await run(...argv)).toEqual({ code: 2, stdout: '', stderr: `glacis: ${message}\n` })
})

test('a shell has no result, and so no document', async () => {
  const { code, stderr } = await run('shell', 'internet', '--json')
  expect(code).toBe(2)
  expect(stderr).toContain('leave out --json')
})

test('what --expect says is the exit code', async () => {
  const trace = ['trace', example, '--from', 'internet', '--to', 'west/fc1', '--dport', '7500', '--expect']
  expect((await run(...trace, 'silent')).code).toBe(0)
  expect(await run(...trace, 'answered')).toMatchObject({
    code: 1,
    stderr: 'glacis: trace west/fc1: expected answered, and it is silent\n',
  })
})
