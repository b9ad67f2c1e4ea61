/** Every point's program says in the interpreter what the evaluator says. */
import { InterpreterEngine } from '../../src/bpf/index.ts'
import { describeAgreement } from '../../src/dataplane/testing/agreement.ts'

let now = 0n
const engine = new InterpreterEngine({ clock: () => now })
const setClock = (time: bigint): void => {
  now = time
}

describeAgreement(() => ({ engine, setClock }))
