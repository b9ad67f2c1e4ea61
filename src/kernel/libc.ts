/**
 * The C library, called through koffi. Nothing is loaded before the first call, so that importing this folder works on
 * every system; `probe()` in `probe.ts` says beforehand what will be missing.
 *
 * Every function returns what the C function returns; after a negative result `lastErrno()` has the reason, if asked
 * before anything else is called. Pointers are plain numbers (see `memory.ts`) or byte arrays; a byte array must not
 * be used by the kernel after the call has returned.
 */
import { createRequire } from 'node:module'
import { KernelError } from './errno.ts'

type Koffi = typeof import('koffi')

/** An address, or bytes whose address is passed. */
export type Pointer = number | Uint8Array

export interface Libc {
  /** bpf(2): glibc has no wrapper. */
  bpf(command: number, attr: number, size: number): number
  setns(fd: number, type: number): number
  unshare(flags: number): number
  socket(domain: number, type: number, protocol: number): number
  connect(fd: number, address: Pointer, length: number): number
  bind(fd: number, address: Pointer, length: number): number
  listen(fd: number, backlog: number): number
  getsockname(fd: number, address: Pointer, length: Pointer): number
  send(fd: number, bytes: Pointer, length: number, flags: number): number
  sendto(fd: number, bytes: Pointer, size: number, flags: number, to: Pointer, length: number): number
  recv(fd: number, bytes: Pointer, size: number, flags: number): number
  recvfrom(fd: number, bytes: Pointer, size: number, flags: number, from: Pointer, length: Pointer): number
  setsockopt(fd: number, level: number, name: number, value: Pointer, length: number): number
  getsockopt(fd: number, level: number, name: number, value: Pointer, length: Pointer): number
  ioctl(fd: number, request: number, argument: Pointer): number
  epollCreate(flags: number): number
  epollCtl(epoll: number, operation: number, fd: number, event: Pointer): number
  epollWait(epoll: number, events: Pointer, count: number, timeout: number): number
  mmap(address: number, length: number, protection: number, flags: number, fd: number, offset: number): number
  munmap(address: number, length: number): number
  mount(source: string, target: string, type: string, flags: number, data: string): number
  umount(target: string, flags: number): number
  flock(fd: number, operation: number): number
  getpagesize(): number
  clockGetres(clock: number, resolution: Pointer): number
  clockGettime(clock: number, time: Pointer): number
  prlimit(pid: number, resource: number, limit: Pointer, old: Pointer): number
}

/** Numbers of bpf(2) in the system call table: arch/x86/entry/syscalls, include/uapi/asm-generic/unistd.h. */
const bpfNumbers: Readonly<Record<string, number>> = { x64: 321, arm64: 280, riscv64: 280 }

let koffi: Koffi | undefined
let library: Libc | undefined

/** koffi itself; throws if it cannot be loaded on this system. */
export function ffi(): Koffi {
  if (koffi === undefined) koffi = createRequire(import.meta.url)('koffi') as Koffi
  return koffi
}

/** True on processors whose system call numbers and structure layouts this folder knows. */
export const knownProcessor = (): boolean => Object.hasOwn(bpfNumbers, process.arch)

/** The C library; throws `Error` with a remedy if it cannot be called here. */
export function libc(): Libc {
  if (library === undefined) library = open()
  return library
}

/** The reason of the call that has just failed, as a positive number. */
export const lastErrno = (): number => ffi().errno()

/** Passes a result on, or throws `KernelError` if it is negative. `what` starts with the verb that failed. */
export function check(result: number, what: string | (() => string), remedy?: string): number {
  if (result >= 0) return result
  const code = lastErrno()
  throw new KernelError(typeof what === 'string' ? what : what(), code, remedy)
}

function open(): Libc {
  const bpfNumber = bpfNumbers[process.arch]
  if (process.platform !== 'linux' || bpfNumber === undefined)
    throw new Error(
      `call the kernel: ${process.platform} on ${process.arch} is not supported; run on Linux on x64 or arm64, or with --portable`,
    )
  const c = ffi().load(null)
  const syscall = c.func('long syscall(long number, long a, long b, long c)')
  return {
    bpf: (command, attr, size) => syscall(bpfNumber, command, attr, size),
    setns: c.func('int setns(int fd, int type)'),
    unshare: c.func('int unshare(int flags)'),
    socket: c.func('int socket(int domain, int type, int protocol)'),
    connect: c.func('int connect(int fd, void *address, uint length)'),
    bind: c.func('int bind(int fd, void *address, uint length)'),
    listen: c.func('int listen(int fd, int backlog)'),
    getsockname: c.func('int getsockname(int fd, void *address, void *length)'),
    send: c.func('long send(int fd, void *bytes, size_t length, int flags)'),
    sendto: c.func('long sendto(int fd, void *bytes, size_t size, int flags, void *to, uint length)'),
    recv: c.func('long recv(int fd, void *bytes, size_t size, int flags)'),
    recvfrom: c.func('long recvfrom(int fd, void *bytes, size_t size, int flags, void *from, void *length)'),
    setsockopt: c.func('int setsockopt(int fd, int level, int name, void *value, uint length)'),
    getsockopt: c.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
    ioctl: c.func('int ioctl(int fd, ulong request, void *argument)'),
    epollCreate: c.func('int epoll_create1(int flags)'),
    epollCtl: c.func('int epoll_ctl(int epoll, int operation, int fd, void *event)'),
    epollWait: c.func('int epoll_wait(int epoll, void *events, int count, int timeout)'),
    mmap: c.func('long mmap(long address, size_t length, int protection, int flags, int fd, long offset)'),
    munmap: c.func('int munmap(long address, size_t length)'),
    mount: c.func('int mount(str source, str target, str type, ulong flags, str data)'),
    umount: c.func('int umount2(str target, int flags)'),
    flock: c.func('int flock(int fd, int operation)'),
    getpagesize: c.func('int getpagesize()'),
    clockGetres: c.func('int clock_getres(int clock, void *resolution)'),
    clockGettime: c.func('int clock_gettime(int clock, void *time)'),
    prlimit: c.func('int prlimit(int pid, int resource, void *limit, void *old)'),
  } as Libc
}
