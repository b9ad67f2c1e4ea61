/**
 * Time and memory of bringing networks up: the example, checked as a user would, and generated sites of 10, 100 and 1,000 VMs,
 * beside Mininet making as many hosts on one bridge. Whole processes, run in turn.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { objectIds } from '../src/kernel/index.ts'
import { generateNetwork } from '../src/model/index.ts'
import type { Benchmark } from './main.ts'
import type { Measured, Row } from './report.ts'
import { spread } from './rounds.ts'

export const benchmark: Benchmark = {
  about: 'seconds and memory of up and down, beside Mininet',
  async run({ quick, say }) {
    const folder = mkdtempSync(join(tmpdir(), 'glacis-bench-'))
    try {
      const rows = [await exampleRow(quick ? 1 : 3, say)]
      for (const vms of quick ? [10, 100] : [10, 100, 1000])
        rows.push(...(await sizeRows(folder, vms, quick ? 1 : 3, say)))
      return rows
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}

const root = fileURLToPath(new URL('../..', import.meta.url))

async function exampleRow(rounds: number, say: (line: string) => void): Promise<Row> {
  const samples: number[] = []
  let probes = 0
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    const output = execFileSync(
      process.execPath,
      [join(root, 'bin/glacis'), 'up', 'examples/two-sites/network.yaml', '--check', '--json'],
      {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        maxBuffer: 1 << 28,
      },
    )
    samples.push((performance.now() - started) / 1000)
    probes = JSON.parse(output).probes
  }
  const { median, min, max } = spread(samples)
  say(`the example, checked: ${median.toFixed(1)} s`)
  return {
    name: `up --check of the example, ${probes} probes`,
    value: median,
    min,
    max,
    rounds,
    unit: 's',
    better: 'lower',
    must: 15,
  }
}

async function sizeRows(
  folder: string,
  vms: number,
  rounds: number,
  say: (line: string) => void,
): Promise<readonly Row[]> {
  const file = join(folder, `${vms}.yaml`)
  writeFileSync(file, generateNetwork({ vms }))
  const ours: LabTimes[] = []
  const theirs: { up: number; down: number }[] = []
  for (let round = 0; round < rounds; round++) {
    ours.push(await measureLab(file))
    const mininet = measureMininet(vms)
    if (mininet) theirs.push(mininet)
  }
  const row = (
    name: string,
    unit: string,
    values: readonly number[],
    more: Partial<Row>,
    peers: readonly Measured[],
  ): Row => {
    const { median, min, max } = spread(values)
    return {
      name: `${vms} VMs: ${name}`,
      value: median,
      min,
      max,
      rounds,
      unit,
      better: 'lower',
      ...more,
      peers,
    }
  }
  const peer = (values: readonly number[]): readonly Measured[] =>
    values.length === 0 ? [] : [{ name: `Mininet, ${vms} hosts`, value: spread(values).median, unit: 's' }]
  const largest = vms === 1000
  const rows = [
    row(
      'up',
      's',
      ours.map(({ up }) => up),
      largest ? { must: 20 } : {},
      peer(theirs.map(({ up }) => up)),
    ),
    row(
      'down',
      's',
      ours.map(({ down }) => down),
      largest ? { must: 10 } : {},
      peer(theirs.map(({ down }) => down)),
    ),
    row(
      'memory',
      'MiB',
      ours.map(({ mebibytes }) => mebibytes),
      largest ? { must: 2048 } : {},
      [],
    ),
  ]
  say(rows.map(({ name, value, unit }) => `${name} ${value.toFixed(2)} ${unit}`).join(', '))
  return rows
}

interface LabTimes {
  readonly up: number
  readonly down: number
  readonly mebibytes: number
}

/** Up: from the start of the process. Down: until the process has ended, and the kernel has no program of it any more. */
async function measureLab(file: string): Promise<LabTimes> {
  const before = objectIds('program').length
  const started = performance.now()
  const child = spawn(process.execPath, [join(root, 'dist/bench/rig/lab-child.js'), file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.done) throw new Error(`bring up ${file}: the lab ended with ${await exited}`)
  const up = (performance.now() - started) / 1000
  const { mebibytes } = JSON.parse(first.value)
  const ending = performance.now()
  child.stdin.end()
  await exited
  while (objectIds('program').length > before) await new Promise((resolve) => setTimeout(resolve, 20))
  return { up, down: (performance.now() - ending) / 1000, mebibytes }
}

const script = `
import sys, time
from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.log import setLogLevel
setLogLevel('error')
count = int(sys.argv[1])
start = time.time()
net = Mininet(controller=None, switch=LinuxBridge)
switch = net.addSwitch('s1')
for number in range(count):
    net.addLink(net.addHost('h%d' % number), switch)
net.start()
up = time.time() - start
start = time.time()
net.stop()
print('%f %f' % (up, time.time() - start))
`

/** Mininet in a network namespace of its own; nothing if it is not installed (Debian: mininet, bridge-utils). */
function measureMininet(hosts: number): { up: number; down: number } | undefined {
  try {
    const output = execFileSync('unshare', ['--net', '/usr/bin/python3', '-c', script, String(hosts)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [up, down] = output.trim().split(' ').map(Number)
    return up === undefined || down === undefined ? undefined : { up, down }
  } catch {
    return undefined
  }
}
