import { copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inRoot } from './checkout.mjs'

/** A checkout of its own, because these scripts work on the checkout that they stand in. */
let checkout
let freshness
beforeEach(async () => {
  checkout = mkdtempSync(join(tmpdir(), 'glacis-checkout-'))
  mkdirSync(join(checkout, 'scripts'))
  for (const script of ['checkout.mjs', 'freshness.mjs'])
    copyFileSync(inRoot('scripts', script), join(checkout, 'scripts', script))
  freshness = await import(/* @vite-ignore */ pathToFileURL(join(checkout, 'scripts', 'freshness.mjs')).href)
})
afterEach(() => rmSync(checkout, { recursive: true, force: true }))

function write(path, content) {
  mkdirSync(dirname(join(checkout, path)), { recursive: true })
  writeFileSync(join(checkout, path), content)
}

describe('packagesAreFresh', () => {
  const packages = (entries) => JSON.stringify({ packages: { '': {}, ...entries } })
  const a = { version: '1.0.0', integrity: 'x' }

  /** The installed list is older than the lock file, as after a change of branches. */
  function state(wanted, installed) {
    write('node_modules/.package-lock.json', packages(installed))
    utimesSync(join(checkout, 'node_modules/.package-lock.json'), 1, 1)
    write('package-lock.json', packages(wanted))
    return freshness.packagesAreFresh()
  }

  it('is false before anything is installed', () => {
    write('package-lock.json', packages({ a }))
    expect(freshness.packagesAreFresh()).toBe(false)
  })

  it('looks at versions and integrity, not only at time', () => {
    expect(state({ 'node_modules/a': a }, { 'node_modules/a': a })).toBe(true)
    expect(state({ 'node_modules/a': a }, { 'node_modules/a': { ...a, version: '1.0.1' } })).toBe(false)
    expect(state({ 'node_modules/a': a }, { 'node_modules/a': { ...a, integrity: 'y' } })).toBe(false)
  })

  it('misses packages, but not those for other platforms', () => {
    expect(state({ 'node_modules/a': a }, {})).toBe(false)
    expect(state({ 'node_modules/a': { ...a, optional: true } }, {})).toBe(true)
  })
})

describe('buildIsFresh', () => {
  beforeEach(() => {
    write('src/net/a.ts', 'one')
    write('src/net/b.ts', 'two')
    write('dist/.stamp', freshness.sourceState())
  })

  it('is true while nothing changes, or only tests do', () => {
    write('src/net/a.test.ts', 'test')
    expect(freshness.buildIsFresh()).toBe(true)
  })

  it.each([
    ['a change', () => write('src/net/a.ts', 'three')],
    ['a new file', () => write('examples/c.ts', '')],
    ['a removed file', () => rmSync(join(checkout, 'src/net/b.ts'))],
    ['an older file put back', () => utimesSync(join(checkout, 'src/net/a.ts'), 1, 1)],
    ['other options of the compiler', () => write('tsconfig.json', '{}')],
    ['another compiler', () => write('package-lock.json', '{}')],
    ['a missing stamp', () => rmSync(join(checkout, 'dist/.stamp'))],
  ])('sees %s', (_, change) => {
    change()
    expect(freshness.buildIsFresh()).toBe(false)
  })
})
