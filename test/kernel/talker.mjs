/**
 * A client or server process inside a node, told what to do by lines of JSON: `{ "serve": [{ "protocol", "port" }] }` starts echo servers and prints
 * `serving`; `{ "open": [{ "protocol", "address", "port", "count" }] }` opens connections to
 * echo servers and then says one byte, or datagram, after the other on each; `{ "mark": true }` says that what is said from now on is counted apart;
 * `{ "stop": true }` ends it. Prints `open` once all are open, `marked`, and at the end, for each, what was said and heard before and after the mark.
 */
import { createSocket } from 'node:dgram'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'

/** Milliseconds between two words of a connection. */
const pace = 4
const say = (text) => process.stdout.write(`${text}\n`)
let marked = false
let quiet = false
const talks = []

const tally = () => ({ said: [0, 0], heard: [0, 0], error: null })

function tcp({ address, port }) {
  const talk = { address, port, protocol: 'tcp', ...tally() }
  // What is heard comes in the order in which it was said.
  const sent = []
  const socket = connect({ host: address, port, noDelay: true })
  socket.on('data', (bytes) => {
    for (let i = 0; i < bytes.length; i++) talk.heard[sent.shift()]++
  })
  socket.on('error', (error) => {
    talk.error = error.code
  })
  talk.say = () => {
    if (talk.error !== null) return
    const side = marked ? 1 : 0
    talk.said[side]++
    sent.push(side)
    socket.write('x')
  }
  talk.opened = new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  talk.end = () => socket.destroy()
  return talk
}

function udp({ address, port }) {
  const talk = { address, port, protocol: 'udp', ...tally() }
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.on('message', (message) => talk.heard[message[0]]++)
  socket.on('error', (error) => {
    talk.error = error.code
  })
  talk.say = () => {
    const side = marked ? 1 : 0
    talk.said[side]++
    socket.send(Uint8Array.of(side))
  }
  talk.opened = new Promise((resolve) => socket.connect(port, address, resolve))
  talk.end = () => socket.close()
  return talk
}

function serveTcp(port) {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.pipe(socket)
  })
  return new Promise((resolve) => server.listen(port, '::', resolve))
}

function serveUdp(port) {
  const socket = createSocket({ type: 'udp6', recvBufferSize: 1 << 20 })
  socket.on('message', (message, { address, port }) => socket.send(message, port, address))
  return new Promise((resolve) => socket.bind(port, '::', resolve))
}

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line)
  if (order.open) {
    for (const each of order.open)
      for (let i = 0; i < each.count; i++) talks.push(each.protocol === 'tcp' ? tcp(each) : udp(each))
    await Promise.all(talks.map(({ opened }) => opened))
    setInterval(() => {
      if (!quiet) for (const talk of talks) talk.say()
    }, pace)
    say('open')
  }
  if (order.serve) {
    for (const { protocol, port } of order.serve) await (protocol === 'tcp' ? serveTcp(port) : serveUdp(port))
    say('serving')
  }
  if (order.mark) {
    marked = true
    say('marked')
  }
  if (order.stop) {
    quiet = true
    // What is under way arrives.
    await new Promise((resolve) => setTimeout(resolve, 500))
    say(
      JSON.stringify(
        talks.map(({ address, port, protocol, said, heard, error }) => ({
          address,
          port,
          protocol,
          said,
          heard,
          error,
        })),
      ),
    )
    for (const talk of talks) talk.end()
    process.stdin.destroy()
    setTimeout(() => process.exit(0), 100)
  }
}
