/** One security rule as it is asked: a direction, a priority, a verdict, and conditions. */
import type { DiagnosticCode, SourceRange } from '../../../file/index.ts'
import type { PortRange } from '../../../net/index.ts'

/** Addresses and ports, each with its place. An empty list stands for everything. */
export interface RuleEnd {
  readonly addresses: readonly EndAddress[]
  /** Conditions about ports; none if there is no such condition. */
  readonly ports: readonly { readonly range: PortRange; readonly at: SourceRange }[]
}

export interface EndAddress {
  readonly kind: 'prefix' | 'tag' | 'asg'
  /** Text of a prefix; name of a service tag or of an application security group. */
  readonly name: string
  readonly at: SourceRange
}

export interface SecurityRule {
  readonly name: string
  readonly direction: 'in' | 'out'
  readonly access: 'allow' | 'deny'
  readonly priority: number
  /** IP protocol number; absent: all. */
  readonly protocol?: number
  readonly source: RuleEnd
  readonly destination: RuleEnd
  readonly description?: string
  /** Where its name stands. */
  readonly at: SourceRange
  readonly protocolAt: SourceRange
  /** A default rule of Azure. */
  readonly isDefault: boolean
}

/** Says what is wrong with a rule. */
export type Report = (code: DiagnosticCode, at: SourceRange, message: string, hint?: string) => void
