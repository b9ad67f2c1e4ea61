import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DiagnosticLog } from './diagnostic/diagnostic.ts'
import { decodeSource, maxFileBytes, readSource, readWithin } from './read.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'glacis-read-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function read(name: string) {
  const log = DiagnosticLog()
  const source = readSource(join(directory, name), log)
  return { source, diagnostic: log.entries[0] }
}

describe('readSource', () => {
  it('reads UTF-8 text and leaves out a byte order mark', () => {
    writeFileSync(join(directory, 'bom'), '\ufeffé: 1\n')
    expect(read('bom').source?.text).toBe('é: 1\n')
  })

  it('says what is wrong with a path', () => {
    expect(read('missing').diagnostic).toMatchObject({ code: 'GL1001', message: /there is no such file/ })
    expect(read('.').diagnostic).toMatchObject({ code: 'GL1001', message: /it is a directory/ })
    expect(read('bom/below').diagnostic).toMatchObject({ code: 'GL1001' })
  })

  it('explains every error of the system, without its stack', () => {
    for (const code of ['EACCES', 'EPERM', 'ELOOP', 'EIO', undefined]) {
      const log = DiagnosticLog()
      const readFile = () => {
        throw Object.assign(new Error('x'), { code })
      }
      expect(readSource('f', log, { readFile })).toBeUndefined()
      expect(log.entries).toMatchObject([{ code: 'GL1001', message: /^cannot read f: / }])
    }
  })

  it('reads a pipe to its end, and gives up one that brings nothing', async () => {
    const pipe = join(directory, 'pipe')
    execFileSync('mkfifo', [pipe])
    const holding = async (script: string) => {
      const child = spawn('sh', ['-c', `exec 3<>"$0"; echo ready; ${script}`, pipe])
      await once(child.stdout, 'data')
      return child
    }
    const many = 'a: 1\n'.repeat(40_000)
    const writing = await holding('for i in $(seq 4); do sleep 0.05; yes "a: 1" | head -n 10000 >&3; done')
    expect(read('pipe').source?.text).toBe(many)
    await once(writing, 'close')
    const silent = await holding('exec sleep 60')
    try {
      const log = DiagnosticLog()
      readSource('pipe', log, { path: pipe, readFile: (file) => readWithin(file, 100) })
      expect(log.entries).toMatchObject([{ code: 'GL1001', message: /nothing has come through the pipe/ }])
    } finally {
      silent.kill()
    }
  })

  it('reads standard input, whatever that is', () => {
    const script = `import { readWithin } from './src/file/read.ts'
      console.log(readWithin('/dev/stdin', 1000).length)`
    const words = ['--import', 'tsx', '--input-type=module', '-e', script]
    expect(execFileSync(process.execPath, words, { input: 'x'.repeat(100_000), encoding: 'utf8' })).toBe(
      '100000\n',
    )
  })

  it('reads no more than the limit, even of a file without end', () => {
    writeFileSync(join(directory, 'large'), Buffer.alloc(20 * 1024 * 1024, '#'))
    expect(read('large').diagnostic).toMatchObject({ code: 'GL1002', message: /larger than 16 MiB/ })
    const log = DiagnosticLog()
    readSource('/dev/zero', log)
    expect(log.entries).toMatchObject([{ code: 'GL1002' }])
  })
})

describe('decodeSource', () => {
  const decode = (bytes: Uint8Array) => {
    const log = DiagnosticLog()
    return { source: decodeSource('f', bytes, log), diagnostic: log.entries[0] }
  }

  it('takes a file of exactly the limit', () => {
    expect(decode(Buffer.alloc(maxFileBytes, '#')).source).toBeDefined()
  })

  it.each([
    ['a zero byte', Buffer.from('a: 1\nb: \0'), 2, 8],
    ['an escape', Buffer.from('a\u001b[31m'), 1, 1],
    ['a byte that begins no character', Buffer.from([0x61, 0xff]), 1, 1],
    ['a truncated character', Buffer.from([0x61, 0xc3, 0xa9, 0x0a, 0xe2, 0x82]), 2, 4],
    ['UTF-16', Buffer.from('a: 1', 'utf16le'), 1, 1],
  ])('refuses %s and says where', (_, bytes, line, offset) => {
    expect(decode(bytes).diagnostic).toMatchObject({
      code: 'GL1003',
      at: { line },
      message: `cannot read f: it is not UTF-8 text (byte ${offset})`,
    })
  })

  it('does not mistake a replacement character for a wrong byte', () => {
    expect(decode(Buffer.from('a: \ufffd')).source?.text).toBe('a: \ufffd')
    expect(decode(Buffer.concat([Buffer.from('\ufffd'), Buffer.from([0xff])])).diagnostic?.message).toMatch(
      /byte 3/,
    )
  })
})
