/** Plans that are saved: what leads from where to where, so that only this is applied. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as v from 'valibot'
import { CommandError, exitCodes } from './exit-code.ts'
import type { Plan } from './render/plan/plan.ts'
import { planJson } from './render/plan/plan-json.ts'
import { writeResult } from './write-file.ts'

const version = 1

const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const Fingerprint = v.object({ topology: hash, rules: hash })
const End = v.object({
  file: v.string(),
  fingerprint: Fingerprint,
  running: v.nullable(v.object({ name: v.string(), revision: v.number() })),
})

const Form = v.object({
  'glacis-plan': v.literal(version),
  network: v.string(),
  old: End,
  new: End,
})

export type SavedPlan = v.InferOutput<typeof Form>

/** @param made when, as ISO 8601 */
export function savePlan(path: string, plan: Plan, made: string): void {
  const { ok: _, ...json } = planJson(plan)
  // It is applied from wherever.
  const whole = { 'glacis-plan': version, made, ...json, new: { ...json.new, file: resolve(json.new.file) } }
  writeResult(path, `${JSON.stringify(whole, null, 2)}\n`, 'save the plan to')
}

/** Throws `CommandError` on what is not a plan. */
export function readPlan(path: string): SavedPlan {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw unreadable(path, code === 'ENOENT' ? 'there is no such file' : `${code}`)
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw unreadable(path, 'it is not JSON')
  }
  const parsed = v.safeParse(Form, json)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  throw unreadable(path, `${v.getDotPath(issue) ?? 'the document'}: ${issue.message}`)
}

const unreadable = (path: string, why: string): CommandError =>
  new CommandError(
    `read the plan ${path}: ${why}; make one with 'glacis plan FILE --out ${path}' (GL7020)`,
    exitCodes.usage,
  )

/** A file that was planned says something else now. */
export const unfit = (path: string, what: string): CommandError =>
  new CommandError(`follow the plan ${path}: ${what}; plan again, and look at it (GL7021)`, exitCodes.usage)
