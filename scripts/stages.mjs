/**
 * The stages of checking a checkout. A stage resolves to `{ passed, failed, note, failures }`, where only the tests count
 * more than one and name what failed; what it has to say it prints while it runs.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { reportImports } from './check-imports.mjs'
import { attempt, inRoot, PrepareError } from './checkout.mjs'
import { run } from './command.mjs'
import { buildDocs } from './docs.mjs'
import { buildIsFresh } from './freshness.mjs'
import { prepare } from './prepare.mjs'

const bin = (...path) => inRoot('node_modules', ...path)
const node = (args, options) => run(process.execPath, args, { stdio: ['ignore', 1, 2], ...options })
const one = (code, note) => ({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, note })
/** Seconds; far above what is usual, so that only a hang meets them. */
const limits = { tests: 40 * 60, acceptance: 10 * 60 }
const inCi = process.env.CI === 'true'

async function lint() {
  const biome = bin('@biomejs', 'biome', 'bin', 'biome')
  const colors = process.stdout.isTTY ? 'force' : 'off'
  return one(await node([biome, 'ci', '--error-on-warnings', `--colors=${colors}`, '.']))
}

const types = async () =>
  one(await node([bin('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.json']))

const imports = async () => one(reportImports())

async function build() {
  try {
    await prepare()
    return one(0)
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error
    console.log(error.message)
    return one(1)
  }
}

async function tests() {
  const folder = mkdtempSync(join(tmpdir(), 'glacis-test-'))
  try {
    const file = join(folder, 'counts.json')
    const code = await node([bin('vitest', 'vitest.mjs'), 'run'], {
      verb: 'run tests',
      limit: limits.tests,
      env: { GLACIS_COUNTS: file },
    })
    const counts = attempt(() => JSON.parse(readFileSync(file, 'utf8')))
    if (counts === undefined) return one(1, 'vitest ended without counting')
    const { passed, failed, skipped, kernel, seed } = counts
    const failures = counts.failures.map((line) => `${line} (GLACIS_SEED=${seed})`)
    const note = `${passed} passed, ${failed} failed, ${skipped.length} skipped`
    if (inCi && (kernel.ran === 0 || kernel.skipped > 0)) {
      const remedy = 'CI must run them: as root, on Linux'
      return {
        passed,
        failed: failed + 1,
        failures,
        note: `${note}; kernel tests: ${kernel.ran} ran, ${kernel.skipped} skipped. ${remedy}`,
      }
    }
    return { passed, failed: code !== 0 && failed === 0 ? 1 : failed, failures, note }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The example network comes up, and what it does to packets is what was predicted. */
const acceptance = (mode) => async () => {
  if (mode === 'kernel' && (process.platform !== 'linux' || process.getuid() !== 0)) {
    const note = 'needs root on Linux'
    return inCi ? one(1, `${note}; CI must run it`) : { passed: 0, failed: 0, note: `skipped: ${note}` }
  }
  if (!buildIsFresh()) return one(1, 'not compiled')
  const args = [
    'up',
    'examples/two-sites/network.yaml',
    '--check',
    '--json',
    ...(mode === 'portable' ? ['--portable'] : []),
  ]
  let output = ''
  const collect = (chunk) => {
    output += chunk
  }
  const code = await node([inRoot('bin', 'glacis'), ...args], {
    stdio: ['ignore', 'pipe', 2],
    onOutput: collect,
    verb: 'run up --check',
    limit: limits.acceptance,
  })
  const report = attempt(() => JSON.parse(output))
  if (report === undefined) return one(1, `exit code ${code} and no JSON on stdout: ${output.slice(0, 200)}`)
  for (const entry of report.disagreed ?? []) console.log(`disagreed: ${JSON.stringify(entry)}`)
  const wrong = [
    code !== 0 && `exit code ${code}`,
    report.mode !== mode && `ran in mode ${report.mode}`,
    !(report.probes > 0) && 'sent no probes',
    report.agreed !== report.probes && `only ${report.agreed} of ${report.probes} probes agreed`,
    report.disagreed?.length !== 0 && 'the list of disagreements is not empty',
  ].filter(Boolean)
  return wrong.length > 0 ? one(1, wrong.join('; ')) : one(0, `${report.probes} probes agreed`)
}

const docs = async () => one(await buildDocs())

/** Fast and without running anything of ours. */
export const staticStages = [
  ['lint and format', lint],
  ['types', types],
  ['import order', imports],
]

export const allStages = [
  ...staticStages,
  ['build', build],
  ['tests', tests],
  ['up --check in the kernel', acceptance('kernel')],
  ['up --check in portable mode', acceptance('portable')],
  ...(inCi ? [['API documentation', docs]] : []),
]

/** Runs all, also after a failure; the last line printed is `N passed, N failed`. Resolves to the exit code. */
export async function runStages(stages) {
  const results = []
  for (const [name, stage] of stages) {
    console.log(`\n── ${name}`)
    const started = Date.now()
    results.push({ name, ...(await stage()), seconds: ((Date.now() - started) / 1000).toFixed(1) })
  }
  console.log()
  // Named once more at the end: of a long log often only the end is kept.
  for (const { failures = [] } of results) for (const line of failures) console.log(`failed: ${line}`)
  for (const { name, passed, failed, note, seconds } of results) {
    const state = failed > 0 ? 'FAILED' : passed > 0 ? 'ok' : '–'
    console.log(`${state.padEnd(6)} ${name.padEnd(28)} ${seconds.padStart(6)} s${note ? `  ${note}` : ''}`)
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0)
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
  return sum('failed') > 0 ? 1 : 0
}
