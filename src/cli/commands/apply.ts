/** `glacis apply FILE`: puts the rules of a file in force where its network is up, while packets pass. */
import { resolve } from 'node:path'
import type { ApplyResult } from '../../lab/index.ts'
import { askNetwork, chooseNetwork } from '../ask-network.ts'
import { exitCodes } from '../exit-code.ts'
import { networkFile, requireNetwork } from '../network-argument.ts'
import { readPlan } from '../plan-file.ts'
import { settingText } from '../render/plan/words.ts'
import { table } from '../render/table.ts'
import { refuseStandardInput } from '../standard-input.ts'
import type { Terminal } from '../terminal.ts'

export interface ApplyOptions {
  readonly name?: string
  /** A saved plan: only this is done. */
  readonly plan?: string
}

export async function apply(
  file: string | undefined,
  options: ApplyOptions,
  terminal: Terminal,
): Promise<number> {
  const saved = options.plan === undefined ? undefined : readPlan(options.plan)
  const path = file ?? saved?.new.file ?? networkFile(file, terminal)
  refuseStandardInput(path, 'apply')
  const network = requireNetwork(path, terminal)
  const name = options.name ?? saved?.old.running?.name ?? network.name
  const running = chooseNetwork(name, 'apply')
  const step = saved && { plan: { old: saved.old.fingerprint, next: saved.new.fingerprint } }
  const params = { file: resolve(path), ...step }
  const applied = (await askNetwork(running, 'apply', { params })) as ApplyResult
  terminal.result({ ok: true, ...applied })
  if (!terminal.json) terminal.print(appliedText(applied, terminal))
  return exitCodes.ok
}

const shown = 12

function appliedText(applied: ApplyResult, { out }: Terminal): string {
  const { name, revision, points, added, removed, changed, settings, seconds } = applied
  const rows = [
    ...added.map((rule) => [out.green('+'), rule]),
    ...removed.map((rule) => [out.red('-'), rule]),
    ...changed.map((rule) => [out.yellow('~'), rule]),
  ]
  const others = settings.map((setting) => `\n  ${out.yellow('~')}  ${settingText(setting)}`).join('')
  const exchanged = `${Math.ceil(seconds.exchange * 1000)} ms`
  const total = (seconds.compile + seconds.update).toFixed(2)
  if (rows.length === 0)
    return `${name}: no rule is another; revision ${revision} is in force (${total} s)${others}`
  const more = rows.length > shown ? `\n  … and ${rows.length - shown} more; --json has all` : ''
  const counts = `${added.length} new, ${removed.length} gone, ${changed.length} changed, at ${points.length} points`
  return `${name}: revision ${revision} is in force: rules ${counts}, exchanged within ${exchanged} (${total} s in all)\n${table(rows.slice(0, shown), '  ')}${more}${others}`
}
