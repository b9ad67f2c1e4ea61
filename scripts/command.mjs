/** Child processes of the scripts: their output, their failure, and interrupts on the way. */
import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { PrepareError, root, say } from './checkout.mjs'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** The npm that runs us if one does, else the one on the PATH; as the first arguments of {@link run}. */
export function npm(args) {
  const current = process.env.npm_execpath
  if (current && basename(current) === 'npm-cli.js') return [process.execPath, [current, ...args]]
  return ['npm', args]
}

/**
 * Runs a command in the checkout and resolves to its exit code. An interrupt of ours is passed on and waited for; then,
 * and when the command cannot be started, throws `PrepareError`. `onOutput` gets the text of a piped stdout. After `limit`
 * seconds the command is ended, which counts as failed.
 */
export function run(
  command,
  args,
  { verb = `run ${command}`, missing, onStart = () => {}, onOutput, stdio, env, limit } = {},
) {
  return new Promise((resolve, reject) => {
    const shell = process.platform === 'win32' && command === 'npm'
    const child = spawn(command, args, {
      cwd: root,
      stdio: stdio ?? ['ignore', 2, 2],
      shell,
      env: { ...process.env, ...env },
    })
    if (child.pid !== undefined) onStart(child.pid)
    if (onOutput) child.stdout.setEncoding('utf8').on('data', onOutput)
    let timedOut = false
    const timers =
      limit === undefined
        ? []
        : [
            setTimeout(() => {
              timedOut = true
              say(`${verb}: not done after ${limit} s, ending it`)
              child.kill('SIGTERM')
            }, limit * 1000),
            setTimeout(() => child.kill('SIGKILL'), (limit + 10) * 1000),
          ]
    let received
    const forward = (signal) => {
      received = signal
      child.kill(signal)
    }
    for (const signal of signals) process.on(signal, forward)
    const settle = () => {
      for (const timer of timers) clearTimeout(timer)
      for (const signal of signals) process.off(signal, forward)
    }
    child.on('error', (error) => {
      settle()
      reject(new PrepareError(`${verb}: ${error.code === 'ENOENT' && missing ? missing : error.message}`))
    })
    child.on('close', (code) => {
      settle()
      if (received)
        reject(new PrepareError(`${verb}: interrupted by ${received}. Run the same command again`))
      else resolve(timedOut ? 1 : (code ?? 1))
    })
  })
}
