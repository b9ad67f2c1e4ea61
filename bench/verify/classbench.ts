/**
 * ClassBench filter sets as rule lists. They have no actions, so rule n (from 0) allows if bit 0 of FNV-1a of its text is 1, else denies,
 * and the default denies: as good as random, and the same on every machine. Fields: source, destination, source ports,
 * destination ports, protocol with mask, and a 16-bit word with mask whose high byte is the TCP flags or the ICMP type. The catch-all at the end of a file is a rule like others.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PortRange, prefix } from '../../src/net/index.ts'
import type { Match } from '../../src/policy/index.ts'
import type { ListRule, RuleList } from '../../src/verify/index.ts'

/** The folder of the filter sets, from the project's root unless `GLACIS_CLASSBENCH` names another; `undefined`: it is not there. */
export const classbenchFolder = (): string | undefined => {
  const folder = process.env.GLACIS_CLASSBENCH ?? '../shared/data/classbench'
  return existsSync(folder) ? folder : undefined
}

export function readClassbench(folder: string, name: string): RuleList {
  const lines = readFileSync(join(folder, name), 'utf8').trim().split('\n')
  return { rules: lines.map(ruleOf), default: 'deny' }
}

const form =
  /^@(\S+)\s+(\S+)\s+(\d+) : (\d+)\s+(\d+) : (\d+)\s+0x([\da-f]{2})\/0x([\da-f]{2})\s+0x([\da-f]{4})\/0x([\da-f]{4})\s*$/i

export function ruleOf(line: string): ListRule {
  const fields = form.exec(line)
  if (!fields) throw new Error(`read a ClassBench rule: '${line}' is none`)
  const [, source, destination, ...numbers] = fields as unknown as [string, string, string, ...string[]]
  const [sourceFirst, sourceLast, first, last] = numbers.slice(0, 4).map(Number) as [
    number,
    number,
    number,
    number,
  ]
  const [protocol, protocolMask, value, mask] = numbers.slice(4).map((hex) => Number.parseInt(hex, 16)) as [
    number,
    number,
    number,
    number,
  ]
  const [wanted, asked] = [value >> 8, mask >> 8]
  const match: Match = {
    family: 4,
    ...(source !== '0.0.0.0/0' && { source: [prefix(source)] }),
    ...(destination !== '0.0.0.0/0' && { destination: [prefix(destination)] }),
    ...(protocolMask !== 0 && { protocol }),
    ...((sourceFirst > 0 || sourceLast < 65_535) && { sourcePorts: [PortRange(sourceFirst, sourceLast)] }),
    ...((first > 0 || last < 65_535) && { destinationPorts: [PortRange(first, last)] }),
    ...(protocol === 6 && asked !== 0 && { tcpFlags: { mask: asked, value: wanted & asked } }),
    ...(protocol === 1 && asked !== 0 && { icmpType: wanted }),
  }
  return { action: (fnv(line.trim()) & 1) === 1 ? 'allow' : 'deny', match }
}

function fnv(text: string): number {
  let sum = 0x811c_9dc5
  for (const char of text) sum = Math.imul(sum ^ (char.codePointAt(0) as number), 0x0100_0193)
  return (sum ^ (sum >>> 15)) >>> 0
}
