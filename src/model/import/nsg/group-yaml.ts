/** A network security group as it stands on a disk, and as a file of rules that means the same. */
import { Document, type YAMLMap, type YAMLSeq } from 'yaml'
import {
  type Diagnostic,
  DiagnosticLog,
  hasErrors,
  type ReadFile,
  readFileBounded,
  readSource,
  sortedDiagnostics,
} from '../../../file/index.ts'
import { defaultTags, tagNamed } from '../../filter/address-book.ts'
import { type GroupUse, groupRules, securityGroupName } from './group-rules.ts'
import { readSecurityGroup, type SecurityGroup } from './security-group.ts'

export interface SecurityGroupFile {
  /** Absent if any diagnostic is an error. */
  readonly group?: SecurityGroup
  readonly diagnostics: readonly Diagnostic[]
}

export interface SecurityGroupFileOptions {
  /** Which group of the file. */
  readonly name?: string
  /** Path of a parameter file for the template. */
  readonly parameters?: string
  readonly readFile?: ReadFile
}

/** Mistakes are values, never exceptions. */
export function readSecurityGroupFile(
  file: string,
  { name, parameters, readFile = readFileBounded }: SecurityGroupFileOptions = {},
): SecurityGroupFile {
  const log = DiagnosticLog()
  const source = readSource(file, log, { readFile })
  const given = parameters === undefined ? undefined : readSource(parameters, log, { readFile })
  const choice = { ...(name !== undefined && { name }), ...(given && { parameters: given }) }
  const isRead = source && (parameters === undefined || given)
  const group = isRead ? readSecurityGroup(source, choice, log) : undefined
  const diagnostics = sortedDiagnostics(log)
  return { ...(group && !hasErrors(diagnostics) && { group }), diagnostics }
}

/**
 * A file of rules. Service tags and application security groups bear the names by which the network file is to define them: tags those of
 * Azure, groups those of `groups`, or `service/role`.
 */
export function securityGroupYaml(group: SecurityGroup, use: GroupUse): string {
  const rules = groupRules(group, use, ({ kind, name }) => {
    if (kind === 'prefix') return name
    return kind === 'tag' ? (tagNamed(name, defaultTags) ?? capitalized(name)) : securityGroupName(name)
  })
  const document = new Document({ rules: rules.map(({ rule }) => rule) })
  for (const rule of (document.get('rules') as YAMLSeq<YAMLMap>).items) rule.flow = true
  document.commentBefore = ` Network security group '${group.name}' of ${group.at.file}, ${
    use === 'guest' ? 'as the guest rules of a role' : 'as the list of an operator'
  }.`
  return document.toString({ lineWidth: 0, flowCollectionPadding: true })
}

/** Tags are not case-sensitive; in lower case they could be names of something else, such as `storage`. */
const capitalized = (tag: string): string => tag.charAt(0).toUpperCase() + tag.slice(1)
