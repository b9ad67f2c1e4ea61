/** `npm run check`: lint, format, types and import order, in some seconds. */
import { runScript } from './checkout.mjs'
import { prepare } from './prepare.mjs'

await runScript(async () => {
  await prepare({ build: false })
  const { runStages, staticStages } = await import('./stages.mjs')
  return runStages(staticStages)
})
