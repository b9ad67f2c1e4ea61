/** Ctrl-C and its kin, while a network is up. */
import { exitCodes } from '../exit-code.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface Interruption {
  /** Resolves at the first signal. The second ends the process at once: the kernel then removes what it held. */
  readonly happened: Promise<'interrupted'>
  /** Signals end the process again, as they do by nature. */
  dispose(): void
}

/** Until it is disposed of, the process stays alive, and signals are heard. */
export function awaitInterruption(): Interruption {
  const alive = setInterval(() => {}, 2 ** 30)
  let hear: (value: 'interrupted') => void = () => {}
  const happened = new Promise<'interrupted'>((resolve) => {
    hear = resolve
  })
  let count = 0
  const listener = (): void => {
    if (++count > 1) process.exit(exitCodes.interrupted)
    hear('interrupted')
  }
  for (const signal of signals) process.on(signal, listener)
  return {
    happened,
    dispose() {
      clearInterval(alive)
      for (const signal of signals) process.off(signal, listener)
    },
  }
}
