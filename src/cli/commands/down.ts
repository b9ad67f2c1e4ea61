/** `glacis down [NAME]`: ends networks that run on this machine. */
import { stopRunning } from '../../lab/index.ts'
import { exitCodes } from '../exit-code.ts'
import { asRoot, findNetworks } from '../running.ts'
import type { Terminal } from '../terminal.ts'

/** What a network held goes with its process, so that there is nothing else to clean. */
export async function down(name: string | undefined, terminal: Terminal): Promise<number> {
  return asRoot(`take ${name ?? 'networks'} down`, async () => {
    const labs = findNetworks(name)
    for (const lab of labs) {
      terminal.say(`Taking ${lab.name} down, process ${lab.pid} …`)
      await stopRunning(lab)
    }
    terminal.result({ ok: true, down: labs.map((lab) => ({ name: lab.name, pid: lab.pid, file: lab.file })) })
    terminal.print(labs.length === 0 ? nothing(name) : `Down: ${labs.map((lab) => lab.name).join(', ')}.`)
    return exitCodes.ok
  })
}

const nothing = (name: string | undefined): string =>
  name === undefined ? 'Nothing to do: no network is up.' : `Nothing to do: no network called ${name} is up.`
