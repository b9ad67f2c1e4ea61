/** Sentences for values that do not have the form that the schema asks for. */
import type { BaseIssue } from 'valibot'
import { familyBits, formatPrefix, Prefix, parseIp, parsePrefix } from '../net/index.ts'
import type { DiagnosticCode } from './diagnostic/diagnostic-table.ts'
import { suggestion } from './suggestion.ts'

export interface FormMistake {
  readonly code: DiagnosticCode
  readonly message: string
  readonly hint?: string | undefined
}

/** `subject` is how the value is called, such as `'port'`; `hostile` text in it is made harmless by the renderer. */
export function formMistake(issue: BaseIssue<unknown>, subject: string): FormMistake {
  return issue.kind === 'schema' ? typeMistake(issue, subject) : valueMistake(issue, subject)
}

function typeMistake({ type, expected, input, message }: BaseIssue<unknown>, subject: string): FormMistake {
  if (message === 'file or group')
    return {
      code: 'GL1010',
      message: `${subject} names no file as it stands`,
      hint: 'write the path of a file, or a mapping with file, name and parameters',
    }
  if (message === 'availability or times')
    return typeof input === 'string'
      ? availabilityMistake(shortened(input))
      : {
          code: 'GL1010',
          message: `${subject} is no availability as it stands`,
          hint:
            typeof input === 'number'
              ? `add the sign: ${input}%`
              : 'write a share such as 99.95%, or { mtbf: 2y, mttr: 4h }',
        }
  if (type === 'picklist' && typeof input === 'string') {
    const choices = (expected ?? '').replace(/[()"]/g, '').split(' | ')
    return {
      code: 'GL1012',
      message: `${subject} must be ${oneOf(choices)}, not '${shortened(input)}'`,
      hint: suggestion(input, choices, 'choices are'),
    }
  }
  if (expected === 'never') return { code: 'GL1008', message: `unknown key ${subject}` }
  const wanted = typeWords[type] ?? 'something else'
  return {
    code: 'GL1010',
    message: `${subject} must be ${wanted}, not ${describe(input)}`,
    hint: typeHint(type, input),
  }
}

const typeWords: Readonly<Record<string, string>> = {
  number: 'a whole number',
  string: 'text',
  picklist: 'text',
  array: 'a list',
  record: 'a mapping of names',
  strict_object: 'a mapping',
  boolean: 'true or false',
  union: 'text, a number, or a list of these',
}

function typeHint(type: string, input: unknown): string | undefined {
  if (type === 'number' && typeof input === 'string' && /^\d+$/.test(input))
    return `remove the quotes: ${input}`
  if (type === 'string' && typeof input !== 'object') return `put it in quotes: '${String(input)}'`
  if (type === 'array' && typeof input === 'string') return `write it as a list: [${shortened(input)}]`
  if ((type === 'record' || type === 'strict_object') && input === null)
    return 'indent what belongs to it below it'
  return undefined
}

function valueMistake(issue: BaseIssue<unknown>, subject: string): FormMistake {
  const { type, message, input, requirement } = issue as BaseIssue<unknown> & { requirement?: unknown }
  switch (type) {
    case 'integer':
      return { code: 'GL1010', message: `${subject} must be a whole number, not ${describe(input)}` }
    case 'min_value':
      return {
        code: 'GL1011',
        message: `${subject} must be at least ${String(requirement)}, not ${String(input)}`,
      }
    case 'max_value':
      return {
        code: 'GL1011',
        message: `${subject} must be at most ${String(requirement)}, not ${String(input)}`,
      }
    case 'min_length':
    case 'min_entries':
      return { code: 'GL1011', message: `${subject} must not be empty` }
    case 'max_length':
    case 'max_entries':
      return { code: 'GL1011', message: `${subject} must have at most ${String(requirement)} entries` }
  }
  const text = shortened(String(input))
  if (message === 'prefix')
    return { code: 'GL1012', message: `'${text}' is not a prefix`, hint: prefixHint(String(input)) }
  if (message === 'address')
    return { code: 'GL1012', message: `'${text}' is not an address`, hint: addressHint(String(input)) }
  if (message === 'machine')
    return {
      code: 'GL1012',
      message: `'${text}' is neither an address nor the name of a machine`,
      hint: 'such as 10.16.1.7, fc1 or west/fc1',
    }
  if (message === 'tag')
    return {
      code: 'GL1012',
      message: `'${text}' is not a service tag`,
      hint: 'such as Storage or Storage.WestEurope',
    }
  if (message === 'zone')
    return {
      code: 'GL1012',
      message: `'${text}' is not a DNS zone`,
      hint: 'such as cloudapp.example, in lower case, without a dot at its end',
    }
  if (message === 'duration')
    return {
      code: 'GL1012',
      message: `'${text}' is not a length of time`,
      hint: 'whole seconds, minutes and hours, such as 1s, 30m or 1h30m',
    }
  if (message === 'date')
    return {
      code: 'GL1012',
      message: `'${text}' is not a day`,
      hint: 'year, month and day, such as 2027-03-01',
    }
  if (message === 'amount')
    return {
      code: 'GL1012',
      message: `'${text}' is not an amount of bytes`,
      hint: 'such as 64kB, 25MB or 1GB, at most 1000GB',
    }
  const rated = rateMistake(message, text)
  if (rated) return rated
  const repaired = repairName(String(input))
  return {
    code: 'GL1012',
    message: `'${text}' is not a name: a letter, then letters a–z, digits and hyphens, at most 63`,
    hint: repaired ? `such as '${repaired}'` : undefined,
  }
}

function rateMistake(message: string, text: string): FormMistake | undefined {
  switch (message) {
    case 'rate':
      return {
        code: 'GL1012',
        message: `'${text}' is not a rate`,
        hint: 'such as 10 Gbit/s, 3 Mpps, or both: 10 Gbit/s, 3 Mpps',
      }
    case 'bits':
      return { code: 'GL1012', message: `'${text}' is not a rate in bits`, hint: 'such as 200 Mbit/s' }
    case 'availability':
      return availabilityMistake(text)
    case 'span':
      return {
        code: 'GL1012',
        message: `'${text}' is not a length of time`,
        hint: 'minutes, hours, days or years, such as 30m, 4h, 90d or 5y',
      }
    default:
      return undefined
  }
}

const availabilityMistake = (text: string): FormMistake => ({
  code: 'GL1012',
  message: `'${text}' is not an availability`,
  hint: 'a share of the time, above 0% and at most 100%, such as 99.95%',
})

function prefixHint(text: string): string {
  const [address = '', length] = text.split('/')
  const parsed = parseIp(address)
  if (!parsed) return 'write an address and a length, such as 10.0.0.0/8 or fd00::/48'
  const bits = familyBits(parsed.family)
  if (length === undefined)
    return `add the length: ${formatPrefix(Prefix(parsed.family, parsed.value, bits))}`
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits)
    return `the length is 0 to ${bits} in IPv${parsed.family}`
  return `bits after the first ${Number(length)} must be zero: ${formatPrefix(Prefix(parsed.family, parsed.value, Number(length)))}`
}

function addressHint(text: string): string {
  const asPrefix = parsePrefix(text)
  const bare = text.split('/')[0] as string
  if (asPrefix || parseIp(bare)) return `without a length: ${bare}`
  return 'write an address such as 198.51.100.7 or 2001:db8::7'
}

/** What the user may have meant, as a name. */
function repairName(text: string): string | undefined {
  const label = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '')
  return label === '' || label === text ? undefined : label
}

export const oneOf = (choices: readonly string[]): string =>
  choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`

export const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text)

function describe(input: unknown): string {
  if (input === null || input === undefined) return 'empty'
  if (Array.isArray(input)) return 'a list'
  if (typeof input === 'object') return 'a mapping'
  if (typeof input === 'string') return `the text '${shortened(input)}'`
  return String(input)
}
