/**
 * Whether the file that a descriptor writes is still the one at its path: if not, what is written is on a disk but in no log. A name
 * leads elsewhere without a word to whoever has the file open (rename, unlink), as editors and logrotate do it.
 */
import { fstatSync, statSync } from 'node:fs'

/**
 * What became of the file, as a clause; `undefined` while the path leads to it. Device, inode and link count say it.
 * Throws what the system says if that cannot be told.
 */
export function misplacement(fd: number, path: string): string | undefined {
  const open = fstatSync(fd, { bigint: true })
  const there = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (there?.dev === open.dev && there.ino === open.ino && open.nlink > 0n) return undefined
  const gone = open.nlink === 0n ? 'was deleted' : 'was moved away'
  return there ? `the file ${gone}, and another stands in its place` : `the file ${gone}`
}
