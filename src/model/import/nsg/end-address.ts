/** Addresses as a security rule names them: prefixes, service tags, and the ids of application security groups. */
import type { Located, SourceRange } from '../../../file/index.ts'
import { formatPrefix, Prefix, parseIp, parsePrefix } from '../../../net/index.ts'
import { memberOf, textOf } from '../arm/value.ts'
import type { EndAddress, Report } from './security-rule.ts'

export function addressOf(text: string, at: SourceRange, report: Report): EndAddress | undefined {
  if (!/^[\d.]+(\/|$)|:|\//.test(text)) {
    if (/^[A-Za-z][\w.-]{0,79}$/.test(text)) return { kind: 'tag', name: text, at }
    return refuse(report, 'GL1044', at, `'${text.slice(0, 40)}' is neither a prefix nor a service tag`)
  }
  const prefix = parsePrefix(text)
  if (prefix) return { kind: 'prefix', name: text.includes('/') ? formatPrefix(prefix) : text, at }
  const [address = '', length = ''] = text.split('/')
  const parsed = parseIp(address)
  const bits = parsed?.family === 4 ? 32 : 128
  const whole =
    parsed &&
    /^\d{1,3}$/.test(length) &&
    Number(length) <= bits &&
    Prefix(parsed.family, parsed.value, Number(length))
  const hint = whole ? `the network is ${formatPrefix(whole)}, the address alone ${address}` : undefined
  return refuse(
    report,
    'GL1044',
    at,
    `'${text.slice(0, 60)}' is no prefix`,
    hint ?? 'such as 10.0.0.0/8 or fd00::/48',
  )
}

/** `{ "id": "/subscriptions/…/applicationSecurityGroups/NAME" }` */
export function securityGroupOf(item: Located, report: Report): EndAddress | undefined {
  const id = memberOf(item, 'id')
  const name = /(?:^|\/)applicationSecurityGroups\/([A-Za-z0-9][\w./-]{0,79})$/i.exec(textOf(id) ?? '')?.[1]
  if (id && name !== undefined) return { kind: 'asg', name, at: id.at }
  return refuse(
    report,
    'GL1044',
    (id ?? item).at,
    'an application security group is named by its id',
    '{ "id": "…/applicationSecurityGroups/NAME" }',
  )
}

function refuse(report: Report, ...mistake: Parameters<Report>): undefined {
  report(...mistake)
  return undefined
}
