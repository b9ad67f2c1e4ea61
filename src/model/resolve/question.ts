/** Questions about who reaches whom, in the words of expectations, asked of a network that is loaded. */
import {
  type Diagnostic,
  DiagnosticLog,
  hasErrors,
  nearest,
  type Path,
  SourceText,
  sortedDiagnostics,
} from '../../file/index.ts'
import { parseProtocol } from '../../net/index.ts'
import { checkMeant } from '../check/meant.ts'
import type { TrafficClass } from '../expectation.ts'
import type { NamedNetwork } from '../filter/address-book.ts'
import type { Network } from '../network.ts'
import { classesOf, Scope } from './expectations.ts'

/** As a person writes it: names separated by commas; `tcp 443`, `8000-8010`, `icmp`. */
export interface Asked {
  readonly from: string
  readonly to: string
  /** Absent: everything. */
  readonly what?: string
}

export interface AskResult {
  /** Absent if a name means nothing. */
  readonly classes?: readonly TrafficClass[]
  /** Their places are in a file `question`, which has one line: `FROM to TO, WHAT`. */
  readonly diagnostics: readonly Diagnostic[]
}

export type Ask = (asked: Asked) => AskResult

export const Asker = (named: NamedNetwork, network: Network): Ask => {
  let scope: Scope | undefined
  return (asked) => {
    scope ??= Scope(named, network)
    const log = DiagnosticLog()
    const text = textOfQuestion(asked)
    log.sources.set(file, SourceText(file, text))
    const places = { from: 0, to: asked.from.length + 4, what: asked.from.length + asked.to.length + 6 }
    const at = (...[end]: Path) => {
      const part = end === 'from' || end === 'to' ? end : end === undefined ? 'from' : 'what'
      const length = Math.max(1, end === undefined ? text.length : (asked[part] ?? '').length)
      return { file, line: 1, column: places[part] + 1, length }
    }
    const words = listed(asked.what ?? '')
    const { ports: known = {} } = scope
    const isProtocol = (word: string): boolean =>
      parseProtocol(word) !== undefined || nearest(word, protocolNames) !== undefined
    const protocol = words.filter(
      (word) => !/^\d/.test(word) && !Object.hasOwn(known, word) && isProtocol(word),
    )
    const ports = words.filter((word) => !protocol.includes(word))
    const classes = classesOf(
      {
        name: 'question',
        from: oneOrAll(listed(asked.from)),
        to: oneOrAll(listed(asked.to)),
        protocol: protocol.length > 0 ? protocol : undefined,
        ports: ports.length > 0 ? ports : undefined,
        at,
      },
      scope,
      log,
    )
    if (!hasErrors(log.entries)) checkMeant([classes], network, { at, log })
    const diagnostics = sortedDiagnostics(log)
    return hasErrors(diagnostics) ? { diagnostics } : { classes, diagnostics }
  }
}

const file = 'question'

const protocolNames = ['tcp', 'udp', 'icmp', 'icmp6']

/** `internet to shop/web, tcp 443`. */
export const textOfQuestion = ({ from, to, what }: Asked): string =>
  `${from} to ${to}${what === undefined ? '' : `, ${what}`}`

const listed = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '')

/** An endpoint stands alone. */
const oneOrAll = (names: string[]): string | string[] => (names.length === 1 ? (names[0] as string) : names)
