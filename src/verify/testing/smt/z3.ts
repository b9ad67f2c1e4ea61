/** Z3, an SMT solver that knows nothing of our code, as an oracle for tests. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export class Z3 {
  readonly #child: ChildProcess
  #asked = 0

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(): Promise<Z3> {
    const z3 = new Z3(fork(fileURLToPath(new URL('./z3-child.mjs', import.meta.url)), { execArgv: [] }))
    await z3.#answer(0)
    return z3
  }

  /** What Z3 prints for an SMT-LIB 2 script, line by line. Throws if it reports an error. Answers that nobody waits for any more are passed over. */
  async run(script: string): Promise<readonly string[]> {
    const number = ++this.#asked
    const answer = this.#answer(number)
    this.#child.send({ number, script })
    const printed = await answer
    if (printed.includes('(error'))
      throw new Error(`ask Z3: ${printed.slice(0, 2000)}\n${script.slice(0, 2000)}`)
    return printed.trim().split('\n')
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  #answer(number: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const heard = (answer: { readonly number: number; readonly printed: string }): void => {
        if (answer.number !== number) return
        finish()
        resolve(answer.printed)
      }
      const ended = (): void => {
        finish()
        reject(new Error('ask Z3: its process ended; see what it printed'))
      }
      const finish = (): void => {
        this.#child.off('message', heard)
        this.#child.off('exit', ended)
      }
      this.#child.on('message', heard)
      this.#child.on('exit', ended)
    })
  }
}
