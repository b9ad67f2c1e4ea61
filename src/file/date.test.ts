import { describe, expect, it } from 'vitest'
import { formatDate, parseDate } from './date.ts'

describe('a day', () => {
  it.each(['1970-01-01', '2027-03-01', '2028-02-29'])('%s is read, and written as it was', (text) =>
    expect(formatDate(parseDate(text) as number)).toBe(text),
  )
  it('begins at midnight in UTC', () => expect(parseDate('1970-01-02')).toBe(86_400_000))
  it.each(['2027-02-29', '2027-13-01', '2027-3-1', '27-03-01', '2027-03-01T00:00:00Z', 'tomorrow', ''])(
    '%s is none',
    (text) => expect(parseDate(text)).toBeUndefined(),
  )
})
