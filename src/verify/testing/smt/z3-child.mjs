/**
 * Z3 in a process of its own: each message is an SMT-LIB 2 script, each answer what Z3 printed, with the message's number; 0 is ready. The package's threads never end by
 * themselves, so whoever started this ends it.
 */
import { init } from 'z3-solver'

const { Z3, em } = await init()
const config = Z3.mk_config()
const context = Z3.mk_context(config)
/**
 * As `Z3.eval_smtlib2_string`, which must not be used (z3-solver 5.2.0): it gives the script on the stack to another thread and takes it
 * away before that has read it, so that long ones are cut off now and then.
 */
async function evaluate(script) {
  const bytes = Buffer.from(`${script}\0`)
  const place = em._malloc(bytes.length)
  em.HEAPU8.set(bytes, place)
  try {
    return await em.async_call(() =>
      em.ccall('async_Z3_eval_smtlib2_string', 'void', ['number', 'number'], [context, place]),
    )
  } finally {
    em._free(place)
  }
}

// One at a time: the next script waits for the one before.
let last = Promise.resolve()
process.on('message', ({ number, script }) => {
  last = last.then(async () => {
    process.send({ number, printed: await evaluate(`(reset)\n${script}\n`) })
  })
})
process.on('disconnect', () => process.exit())
process.send({ number: 0, printed: 'ready' })
