import { describe, expect, it } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

const take = (bucket: TokenBucket, now: number, times: number): number =>
  Array.from({ length: times }, () => bucket.take(now)).filter(Boolean).length

describe('a token bucket', () => {
  it('gives its burst, then what has come back, and never more than it holds', () => {
    const bucket = new TokenBucket({ rate: 50, burst: 100 }, 0)
    expect(take(bucket, 0, 150)).toBe(100)
    expect(take(bucket, 19, 1)).toBe(0)
    expect(take(bucket, 20, 2)).toBe(1)
    expect(take(bucket, 120, 10)).toBe(5)
    expect(take(bucket, 3_600_000, 150)).toBe(100)
  })

  it('gives nothing for a clock that goes back', () => {
    const bucket = new TokenBucket({ rate: 50, burst: 1 }, 1000)
    expect(take(bucket, 1000, 1)).toBe(1)
    expect(take(bucket, 0, 1)).toBe(0)
  })
})
