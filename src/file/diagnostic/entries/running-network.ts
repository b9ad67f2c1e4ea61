/** GL70xx: what is asked of a running network. */
import { type DiagnosticEntry, entry } from './entry.ts'

export const runningNetworkEntries = {
  GL7001: entry(
    'request that cannot be read',
    'What came over the control socket of a running network is no request: not one JSON object a line, without number or method, or too long. The connection is closed, since what follows may be anything.',
    'docs/guide/watching.md says how requests look. The commands of Glacis send none that cannot be read.',
  ),
  GL7002: entry(
    'another version of the control protocol',
    'The running network was brought up by a Glacis that speaks another version of the control protocol than the one that asks.',
    'Use the same installation for both, or take the network down and bring it up again.',
  ),
  GL7003: entry('unknown control method', 'The running network has no method of that name.'),
  GL7004: entry(
    'wrong parameters of a control method',
    'A parameter is missing, of the wrong type, or names something that the running network does not have.',
  ),
  GL7005: entry(
    'running network could not answer',
    'The request was understood, and something failed while it was carried out; the message says what. The network itself runs on.',
  ),
  GL7006: entry(
    'running network has gone',
    'The network was taken down, or its process ended, before it had answered.',
  ),
  GL7007: entry(
    'rules that cannot be applied',
    'The file has mistakes, or says that there are other machines, addresses or cables than those of the network that is up. Nothing has changed: the rules before are in force.',
    'Rules, endpoints, VIPs within their pools, and ports may change while a network is up. For anything else: glacis down, then glacis up.',
  ),
  GL7010: entry(
    'access cannot be granted as asked',
    'A grant of support access names who gets it, from which jump box to which host and port, for how long, and why. The message says which of these is missing, unknown, or not allowed.',
    'Hosts are reached from jump boxes of their own site, on the port of the agent. `support.longest` in the network file is the longest time.',
  ),
  GL7011: entry(
    'access is granted already',
    'One person at a time has access from a jump box to a host, so that each connection is known to be of one grant.',
    'Wait for the end of that grant, revoke it, or use another jump box.',
  ),
  GL7012: entry('no such grant', 'No grant of that number is in force: it has ended, or there was none.'),
  GL7013: entry(
    'audit log cannot be written',
    'Nothing is granted that cannot be written down first. The log is a file that one process at a time appends to.',
    'Look at the space and rights of its folder; GLACIS_AUDIT_LOG names another file when the network is brought up.',
  ),
  GL7014: entry(
    'audit log was taken away or changed',
    'The file at the path of the audit log is not the one that the running network writes, or somebody else wrote into it: an editor (sed -i), logrotate or a hand renamed, replaced, deleted or cut it. What is written into a file that is nowhere can be read by nobody, so nothing is granted. Grants in force end as they would, and that is written down as soon as there is a log.',
    'Put the file back under its name. If it is lost, move what is at that path, and the head beside it, elsewhere and keep them: the network then begins a new log, whose first record says what became of the one before.',
  ),
  GL7020: entry(
    'plan that cannot be read',
    'The file given with --plan is not one that glacis plan --out wrote, or it was written by another version.',
    'Make the plan again: glacis plan network.yaml --out change.plan.',
  ),
  GL7021: entry(
    'plan that does not fit any more',
    'A plan leads from one network to another. The network file has changed since the plan was made, or what runs is not what it was made from: somebody applied something in between, or the network was brought up anew from another file. What would happen is then not what the plan says, so nothing has been done.',
    'Make the plan again, and look at it.',
  ),
} as const satisfies Record<string, DiagnosticEntry>
