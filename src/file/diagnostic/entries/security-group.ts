/** GL104x: network security groups that a network file imports. */
import { type DiagnosticEntry, entry } from './entry.ts'

export const securityGroupEntries = {
  GL1040: entry(
    'JSON syntax',
    'The file is not JSON. Comments, a byte-order mark and text over several lines are read, as Azure’s tools read them; nothing else beside RFC 8259.',
  ),
  GL1041: entry(
    'no network security group',
    'The file holds no network security group that can be read: it is no template or parameter file of Azure and no output of `az network nsg show` or `list`, or there is none in it.',
    'docs/guide/network-security-groups.md lists the forms.',
  ),
  GL1042: entry(
    'which network security group',
    'The file holds several network security groups, and none is named, or none has the name that is asked for.',
  ),
  GL1043: entry(
    'expression without a value',
    'Expressions of templates are evaluated as far as the file says everything that they need: parameters with a value, variables, and functions of these. What is known only when a template is deployed has no value here, and what a rule says is never guessed.',
    'Give parameters a `defaultValue`, or name a parameter file.',
  ),
  GL1044: entry(
    'security rule of a wrong form',
    'A security rule, or what holds it, lacks something, or has a value that Azure’s schema does not allow, or a key that it does not know. Nothing of such a group is used, since what is left would be another group.',
  ),
  GL1045: entry(
    'security rule without a meaning here',
    'The rule has the form of a security rule, but what it says cannot be said here without loss: several meanings are possible, or packets of that kind have no such field.',
  ),
  GL1046: entry(
    'order of security rules',
    'Security rules are asked by priority, from 100 to 4096. Two rules of one direction with the same priority, or two of one name, have no order.',
  ),
  GL1047: entry(
    'part of a network security group is elsewhere',
    'A template that is linked, or a group to which the file adds rules, is not in the file. Rules that are there are not known here. This is only a warning.',
  ),
} as const satisfies Record<string, DiagnosticEntry>
