/** Files that a user names for a result. */
import { writeFileSync } from 'node:fs'
import { CommandError } from './exit-code.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'there is no such folder',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'nothing can be written there',
  ENOSPC: 'the disk is full',
}

/** Throws `CommandError`. @param what is done, for the message: `save the plan to` */
export function writeResult(path: string, text: string, what: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    throw new CommandError(`${what} ${path}: ${reasons[code] ?? code}; choose another path`)
  }
}
