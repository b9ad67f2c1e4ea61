/** A generated network whose templates stand beside its file, and edits of these as people make them. */
import { readFileSync } from 'node:fs'
import { generateNetwork } from '../../../src/model/generate.ts'
import { type LoadResult, parseNetwork } from '../../../src/model/index.ts'

/** Texts by file name. */
export type Files = Readonly<Record<string, string>>

export const machineConfig = 'machine-config.yaml'
export const hostConfig = 'host-config.yaml'
export const networkFile = 'network.yaml'

/** Another text of one file. */
export interface Edit {
  readonly name: string
  readonly file: string
  readonly change: (text: string) => string
}

const template = (name: string): string => readFileSync(`templates/${name}`, 'utf8')

/** Two sites of one template, which names its own copies of the rules. */
export const written: Files = {
  [networkFile]: generateNetwork({ vms: 20, sites: 2, hosts: 2 }).replace(
    '    isps: 2\n',
    `    isps: 2\n    machine-config: ${machineConfig}\n    host-config: ${hostConfig}\n`,
  ),
  [machineConfig]: template(machineConfig),
  [hostConfig]: template(hostConfig),
}

export function edited(files: Files, { name, file, change }: Edit): Files {
  const before = files[file] as string
  const after = change(before)
  if (after === before) throw new Error(`edit ${file}: '${name}' changes nothing`)
  return { ...files, [file]: after }
}

export const loadFiles = (files: Files): LoadResult =>
  parseNetwork(files[networkFile] as string, {
    file: networkFile,
    readFile: (file) => {
      const text = files[file]
      if (text === undefined) throw Object.assign(new Error(`no ${file}`), { code: 'ENOENT' })
      return new TextEncoder().encode(text)
    },
  })

/** A rule in its file: `  - { name: X, … }` on a line, or from `  - name: X` on over several. */
const ruleText = (name: string): RegExp =>
  new RegExp(`^ {2}- (?:\\{ name: ${name},.*\\}|name: ${name}(?:\\n {4}.*)*)\\n?$`, 'm')

function ruleOf(text: string, name: string): string {
  const found = ruleText(name).exec(text)
  if (!found) throw new Error(`edit: there is no rule '${name}'`)
  return found[0].replace(/\n$/, '')
}

/** An edit of the text of one rule. */
export const inRule = (
  file: string,
  rule: string,
  name: string,
  from: string | RegExp,
  to: string,
): Edit => ({
  name: `${rule}: ${name}`,
  file,
  change: (text) => {
    const before = ruleOf(text, rule)
    return text.replace(before, () => before.replace(from, to))
  },
})

export const removed = (file: string, rule: string): Edit => ({
  name: `${rule} removed`,
  file,
  change: (text) => text.replace(`${ruleOf(text, rule)}\n`, ''),
})

export const swapped = (file: string, one: string, other: string): Edit => ({
  name: `${one} and ${other} swapped`,
  file,
  change: (text) => {
    const [a, b] = [ruleOf(text, one), ruleOf(text, other)]
    return text
      .replace(a, '\u0000')
      .replace(b, () => a)
      .replace('\u0000', () => b)
  },
})

/** The same rule once more, after the first. */
export const twice = (file: string, rule: string): Edit => ({
  name: `${rule} twice`,
  file,
  change: (text) => {
    const once = ruleOf(text, rule)
    return text.replace(once, () => `${once}\n${once.replace(`name: ${rule}`, `name: ${rule}-again`)}`)
  },
})

export const renamed = (file: string, rule: string): Edit => ({
  name: `${rule} renamed`,
  file,
  change: (text) => text.replace(new RegExp(`name: ${rule}\\b(?!-)`), `name: the-${rule}`),
})

/** One more rule before all others. */
export const first = (file: string, rule: string): Edit => ({
  name: `first ${rule}`,
  file,
  change: (text) => text.replace('rules:\n', `rules:\n  - { name: more, ${rule}, why: To try. }\n`),
})

/** Two edits of one file as one. */
export const together = (one: Edit, other: Edit): Edit => ({
  name: `${one.name}, ${other.name}`,
  file: one.file,
  change: (text) => other.change(one.change(text)),
})
