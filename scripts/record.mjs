/**
 * Runs a command in a pseudo-terminal and draws what the terminal shows as an SVG, for the documentation:
 *
 *     node scripts/record.mjs [--columns 100] [--rows N] [--status 0] docs/recording.svg -- bin/glacis up --check
 *
 * With `--rows` the picture has exactly so many lines: shorter output is filled up, of longer output the middle is left
 * out. A command that ends with another exit code than `--status` is not drawn.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { PrepareError, runScript, say } from './checkout.mjs'
import { run } from './command.mjs'
import { prepare } from './prepare.mjs'
import { screenAfter } from './terminal-screen.mjs'
import { terminalSvg } from './terminal-svg.mjs'

const usage = 'record: give a file and a command: node scripts/record.mjs FILE.svg -- COMMAND [ARGUMENT …]'
const terminalRows = 50

await runScript(async () => {
  const [options, command] = splitArguments(process.argv.slice(2))
  const { values, positionals } = parseArgs({
    args: options,
    allowPositionals: true,
    options: { columns: { type: 'string' }, rows: { type: 'string' }, status: { type: 'string' } },
  })
  const [file] = positionals
  if (file === undefined || command.length === 0) throw new PrepareError(usage)
  const columns = Number(values.columns ?? 100)
  if (command[0].endsWith('bin/glacis')) await prepare()
  const output = await outputOf(command, columns, Number(values.status ?? 0))
  const title = command.join(' ')
  const prompt = `\x1b[2m$\x1b[m \x1b[1m${title}\x1b[m\r\n`
  const lines = screenAfter(prompt + output, columns, terminalRows)
  while (lines.at(-1)?.length === 0) lines.pop()
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, terminalSvg(fitRows(lines, values.rows && Number(values.rows)), columns, title))
  say(`wrote ${file}`)
})

function splitArguments(args) {
  const at = args.indexOf('--')
  return at < 0 ? [args, []] : [args.slice(0, at), args.slice(at + 1)]
}

/** util-linux script(1) gives the command a terminal; stty(1) its size. */
async function outputOf(command, columns, status) {
  const line = `stty columns ${columns} rows ${terminalRows}; exec ${command.map(quote).join(' ')}`
  let output = ''
  const code = await run('script', ['-qefc', line, '/dev/null'], {
    verb: 'record',
    missing: 'script(1) is not on the PATH. Install util-linux (Debian: bsdutils)',
    stdio: ['ignore', 'pipe', 2],
    env: { TERM: 'xterm-256color', COLORTERM: '', SHELL: '/bin/sh' },
    onOutput: (text) => {
      output += text
    },
  })
  if (code === status) return output
  throw new PrepareError(`record: '${command.join(' ')}' ended with ${code}, not ${status}:\n${output}`)
}

function quote(text) {
  return /^[\w./:=@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

function fitRows(lines, rows) {
  if (rows === undefined) return lines
  if (lines.length <= rows) return [...lines, ...Array.from({ length: rows - lines.length }, () => [])]
  const head = Math.ceil((rows - 1) / 2)
  const tail = rows - 1 - head
  const note = `⋮ ${lines.length - head - tail} more lines`
  const [left] = screenAfter(`\x1b[2m${note}`, note.length, 1)
  return [...lines.slice(0, head), left, ...lines.slice(lines.length - tail)]
}
