/** `npm run build`: packages and dist/, checked by the compiler. */
import { runScript } from './checkout.mjs'
import { prepare } from './prepare.mjs'

await runScript(() => prepare())
