/** Signals arrive while programs are loaded: a window changes its size, a child ends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { add64, exit, type Instruction, mov64, type ProgramSpec, R0 } from '../../src/bpf/index.ts'
import { loadKernelProgram } from '../../src/kernel/index.ts'
import { describeKernel } from './requirements.ts'

/** Long enough that the verifier is often at work when a signal comes. */
const long: ProgramSpec = {
  name: 'long',
  type: 'xdp',
  license: 'GPL',
  instructions: [
    mov64.imm(R0, 0),
    ...Array.from({ length: 30_000 }, (): Instruction => add64.imm(R0, 1)),
    exit(),
  ],
}

/** About one signal in three milliseconds, for a second; of a kind that ends nobody who does not listen. */
const sender = `
  const end = performance.now() + 1000
  process.stdout.write('ready')
  while (performance.now() < end) {
    process.kill(Number(process.argv[1]), 'SIGWINCH')
    for (const next = performance.now() + 3; performance.now() < next; );
  }`

describeKernel('loading programs', () => {
  it('goes on when signals arrive', async () => {
    let signals = 0
    const count = () => void signals++
    process.on('SIGWINCH', count)
    try {
      const child = spawn(process.execPath, ['-e', sender, String(process.pid)])
      const ended = once(child, 'exit')
      await once(child.stdout, 'data')
      for (let i = 0; i < 20; i++) loadKernelProgram(long, {}).close()
      await ended
      expect(signals).toBeGreaterThan(0)
    } finally {
      process.off('SIGWINCH', count)
    }
  })
})
