/** `glacis down [NAME]`: ends labs that run on this machine. */
import { findRunning, runningLabs, stopRunning } from '../../lab/index.ts'
import { exitCodes } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'

export async function down(name: string | undefined, terminal: Terminal): Promise<number> {
  const named = name === undefined ? undefined : findRunning(name)
  const labs = name === undefined ? runningLabs() : named ? [named] : []
  for (const lab of labs) {
    terminal.say(`Taking down ${lab.name}, process ${lab.pid}`)
    await stopRunning(lab)
  }
  terminal.result({ down: labs.map(({ name: stopped, pid }) => ({ name: stopped, pid })) })
  if (labs.length === 0)
    terminal.say(name === undefined ? 'No network is up' : `No network called ${name} is up`)
  else if (!terminal.json) terminal.print(`Down: ${labs.map((lab) => lab.name).join(', ')}`)
  return exitCodes.ok
}
