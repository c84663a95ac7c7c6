import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { drawCharts } from '../../chart.ts'
import { startGatewayProcess } from '../gateway-process.ts'
import { startUpstream } from '../upstream.ts'
import { hasDnsperf, load, pin } from './load.ts'
import { Probe } from './probe.ts'

/**
 * `soak [MINUTES]`: half of the rate that a gateway process can take, for ten minutes, and what becomes of its memory and of
 * the time that answers take. Of a hundred queries, ninety-eight are for names that it knows, of its zone and of others, and
 * two for ordinary names that it does not know any more, or never did.
 */
const minutes = Number(process.argv.slice(2).find(argument => argument !== '--') ?? 10)
const SAMPLES = 120
const KNOWN = 300
const LINES = 1_000_000
const NEW = 50
const MIB = 2 ** 20
const RESULTS = new URL('../../../node_modules/.cache/', import.meta.url)
const FIGURE = new URL('soak.svg', RESULTS)
const TABLE = new URL('soak.csv', RESULTS)

interface Row {
  readonly minute: number
  readonly memory: number
  readonly median: number
  readonly p99: number
}

if (!hasDnsperf()) {
  console.error('the load comes from dnsperf, which is not here: apt-get install dnsperf')
  process.exit(1)
}
const directory = await mkdtemp(join(tmpdir(), 'signpost-soak-'))
try {
  await soak()
} finally {
  await rm(directory, { recursive: true })
}

async function soak(): Promise<void> {
  const zone = join(directory, 'zone')
  await writeFile(zone, Array.from({ length: KNOWN }, (_, n) => `h${n} 3600 A 192.0.2.${n % 256}\n`).join(''))
  await using upstream = await startUpstream(1)
  upstream.calm()
  await using gateway = await startGatewayProcess(zone, upstream.at)
  pin(gateway.pid, 0)
  const known = Array.from({ length: KNOWN }, (_, n) => [
    `h${n}.${gateway.origin}`,
    `www.h${n}.example.net.`,
  ]).flat()
  const file = join(directory, 'queries')
  await writeFile(file, queries(known))

  const { rate } = await load({ at: gateway.at, file, seconds: 20 })
  console.log(`${Math.round(rate)} queries a second at most; ${minutes} minutes at half of that`)
  await using probe = await Probe.start(gateway.at, known)
  const rows: Row[] = []
  const seconds = minutes * 60
  const loaded = load({ at: gateway.at, file, seconds, rate: rate / 2 })
  let lost = 0
  for (let n = 1; n <= SAMPLES; n++) {
    await pause((seconds * 1000) / SAMPLES)
    const { median, p99, lost: now } = probe.take()
    lost += now
    rows.push({ minute: (n * minutes) / SAMPLES, memory: gateway.residentMemory() / MIB, median, p99 })
    if (n % 12 === 0) console.log(`  ${line(rows.at(-1) as Row)}`)
  }
  const result = await loaded
  console.log(
    `${result.sent} queries, ${Math.round(result.rate)} a second, ${result.lost + lost} lost; ${await gateway.failures()} errors in the program`,
  )
  const [fifth, last] = [rows[SAMPLES / 5] as Row, rows.at(-1) as Row]
  console.log(`memory grew by ${(last.memory - fifth.memory).toFixed(1)} MiB after the first fifth`)
  await keep(rows, result.rate)
}

function queries(known: readonly string[]): string {
  const lines = Array.from({ length: LINES }, (_, n) =>
    n % NEW === 0 ? `n${n}.new.example.net. A` : `${known[n % known.length]} A`,
  )
  return `${lines.join('\n')}\n`
}

function line({ minute, memory, median, p99 }: Row): string {
  return `minute ${minute.toFixed(1)}: ${memory.toFixed(1)} MiB, median ${median.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`
}

async function keep(rows: readonly Row[], rate: number): Promise<void> {
  await mkdir(RESULTS, { recursive: true })
  const table = rows.map(({ minute, memory, median, p99 }) => [minute, memory, median, p99].join())
  await writeFile(TABLE, `minute,MiB,median ms,p99 ms\n${table.join('\n')}\n`)
  const x = { label: 'minutes', max: minutes, step: minutes / 10 }
  const points = (valueOf: (row: Row) => number): [number, number][] =>
    rows.map(row => [row.minute, valueOf(row)])
  const top = Math.ceil(Math.max(...rows.map(({ memory }) => memory)) / 100) * 100
  await writeFile(
    FIGURE,
    drawCharts(
      {
        title: `Memory of a gateway at ${Math.round(rate / 1000)},000 queries a second, half of what it can take`,
        x,
        y: { label: 'MiB resident', max: top, step: top / 5 },
        lines: [{ what: 'memory', points: points(({ memory }) => memory) }],
      },
      {
        title: 'How long an answer takes meanwhile',
        x,
        y: {
          label: 'milliseconds',
          min: 0.05,
          max: 1000,
          ticks: [0.05, 0.1, 0.5, 1, 5, 10, 50, 100, 500, 1000],
        },
        lines: [
          { what: 'p99', points: points(({ p99 }) => Math.max(0.05, p99)) },
          { what: 'median', points: points(({ median }) => Math.max(0.05, median)) },
        ],
      },
    ),
  )
  console.log(`drawn in ${fileURLToPath(FIGURE)}, figures in ${fileURLToPath(TABLE)}`)
}
