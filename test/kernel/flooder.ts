/**
 * Run by `ports.test.ts` as a process of its own: sends one frame again and again, into a link that is down as well as into one
 * that is up, until it is ended.
 *
 * Arguments: path of a namespace, index of an interface in it, the frame in hexadecimal, and a file into which it writes how often
 * it has tried (u64, little-endian). Whether a link that is down took the frame, the kernel does not say.
 */
import { openSync, writeSync } from 'node:fs'
import { openNamespace, openPacketSocket } from '../../src/kernel/index.ts'

const [namespace = '', index = '', frame = '', file = ''] = process.argv.slice(2)
const socket = openPacketSocket(openNamespace(namespace), Number(index))
const bytes = Buffer.from(frame, 'hex')
const report = Buffer.alloc(8)
const fd = openSync(file, 'w')
/** The test kills it; if the test dies first, it ends by itself. */
const parent = process.ppid
let tried = 0n
while (process.ppid === parent) {
  for (let n = 0; n < 500; n++) {
    tried++
    send()
  }
  report.writeBigUInt64LE(tried, 0)
  writeSync(fd, report, 0, 8, 0)
}

function send(): void {
  try {
    socket.send(bytes)
  } catch {
    // The link is down.
  }
}
