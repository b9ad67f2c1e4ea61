import { describe, expect, it } from 'vitest'
import { describeErrno, ENOTSUPP, errno, errnoName, KernelError } from './errno.ts'

describe('errors of the system', () => {
  it('have one name each, also where Linux has two', () => {
    expect([errno.EPERM, errno.EAGAIN, errno.EOPNOTSUPP, ENOTSUPP, 4711].map(errnoName)).toEqual([
      'EPERM',
      'EAGAIN',
      'EOPNOTSUPP',
      'ENOTSUPP',
      'errno 4711',
    ])
  })

  it('start with the verb that failed and end with the remedy', () => {
    const error = new KernelError("create map 'flows'", errno.EPERM)
    expect(error.message).toBe(
      "create map 'flows': not permitted (EPERM); run as root, with all capabilities",
    )
    expect(error).toMatchObject({ code: 'EPERM', errno: errno.EPERM, name: 'KernelError' })
    expect(new KernelError('send frame', errno.EIO).message).toBe('send frame: EIO')
    expect(new KernelError('open socket', errno.EACCES, 'set the parameter').message).toBe(
      'open socket: permission denied (EACCES); set the parameter',
    )
    expect(describeErrno(errno.ENOENT)).toBe('not found (ENOENT)')
  })
})
