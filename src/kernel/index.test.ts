import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { probeKernel } from './index.ts'

it('loads no native code by being imported', () => {
  const loaded = Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('koffi'))
  expect(loaded).toEqual([])
})

it('says what is missing on another system instead of failing', () => {
  const real = process.platform
  Object.defineProperty(process, 'platform', { value: 'darwin' })
  try {
    expect(probeKernel()).toMatchObject({
      usable: false,
      missing: [{ what: 'Linux (this is darwin)', remedy: expect.stringContaining('--portable') }],
    })
  } finally {
    Object.defineProperty(process, 'platform', { value: real })
  }
})
