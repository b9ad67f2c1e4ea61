/**
 * Pins keep objects alive beyond the process, as files of a bpffs. Mount one of your own: /sys/fs/bpf is hidden from
 * processes started with `ip netns exec`.
 */
import { mkdirSync, rmdirSync, statfsSync } from 'node:fs'
import { MAP_TYPE, type MapSpec, PROGRAM_TYPE, type ProgramSpec } from '../../bpf/index.ts'
import { check, libc } from '../libc.ts'
import { allocate, lazily, type Memory, setPointer } from '../memory.ts'
import { mapInfo } from './info.ts'
import { type ProgramLink, programLink } from './link.ts'
import { KernelMap } from './map.ts'
import { KernelProgram } from './program.ts'
import { BPF, bpf, clearAttr } from './syscall.ts'

const BPF_FS_MAGIC = 0xcafe4a11
const MS_NOSUID_NODEV_NOEXEC = 2 | 4 | 8
const MNT_DETACH = 2

/** Mounts a bpffs at `directory`, which is made if absent; does nothing if there is one already. */
export function mountBpfFs(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (statfsSync(directory).type === BPF_FS_MAGIC) return
  const what = `mount bpffs at ${directory}`
  check(libc().mount('glacis', directory, 'bpf', MS_NOSUID_NODEV_NOEXEC, 'mode=0700'), what)
}

/** Unmounts it, which unpins everything in it, and removes the directory. */
export function unmountBpfFs(directory: string): void {
  check(libc().umount(directory, MNT_DETACH), `unmount bpffs at ${directory}`)
  rmdirSync(directory)
}

/** Unpin by removing the file. Throws `BpfError` with `EEXIST` if there is a file. */
export function pin(object: { readonly fd: number }, path: string): void {
  const attr = pathAttr(path)
  attr.view.setInt32(8, object.fd, true)
  bpf(BPF.pin, attr, 16, `pin to ${path}`, 'pin to a new file inside a bpffs: mount -t bpf bpf DIRECTORY')
}

/** Throws `TypeError` if the map has another shape than `spec`: it was made by another version. */
export function openPinnedMap(path: string, spec: MapSpec): KernelMap {
  const map = new KernelMap(spec, openPinned(path))
  const info = mapInfo(map.fd)
  const same =
    info.type === MAP_TYPE[spec.type] &&
    info.keySize === spec.keySize &&
    info.valueSize === spec.valueSize &&
    info.maxEntries === spec.maxEntries
  if (same) return map
  map.close()
  throw new TypeError(`open pinned map ${path}: it is no map of the shape of '${spec.name}'; remove the file`)
}

/** Throws `TypeError` if the program is of another type or name. */
export function openPinnedProgram(path: string, spec: ProgramSpec): KernelProgram {
  const program = new KernelProgram(spec, openPinned(path))
  const { type, name } = program.info()
  if (type === PROGRAM_TYPE[spec.type] && name === spec.name) return program
  program.close()
  throw new TypeError(`open pinned program ${path}: it is not '${spec.name}'; remove the file`)
}

export const openPinnedLink = (path: string): ProgramLink => programLink(openPinned(path), path)

function openPinned(path: string): number {
  return bpf(BPF.openPinned, pathAttr(path), 16, `open pinned object ${path}`)
}

/** Longest path of Linux. */
const pathMax = 4096
const pathBytes = lazily(() => allocate(pathMax))

function pathAttr(path: string): Memory {
  const text = new TextEncoder().encode(`${path}\0`)
  if (text.length > pathMax) throw new RangeError(`pin to ${path}: the path is too long; shorten it`)
  pathBytes().bytes.set(text)
  const attr = clearAttr()
  setPointer(attr.view, 0, pathBytes().address)
  return attr
}
