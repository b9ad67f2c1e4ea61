/** What holds of the way back. */
import { openers } from './clients.ts'
import type { AnswerInvariant } from './invariant.ts'

export const answerInvariants: readonly AnswerInvariant[] = [
  {
    kind: 'answers',
    id: 'answers-return',
    ofAlike: true,
    rows: ['R11', 'R18', 'R22'],
    claim:
      'What answers an opening that reached a machine comes back to its sender: filters know its flow, balancers its connection, and each router a way.',
    origins: openers,
  },
]
