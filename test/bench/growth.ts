import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { type Line, drawCharts } from '../chart.ts'
import type { GrowthRun } from './growth-network.ts'
import { figure, mean, median, printColumns, quantile } from './measure.ts'

const SIZES = [25, 50, 100, 200]
const NETWORK = fileURLToPath(new URL('growth-network.ts', import.meta.url))
const PLOT = new URL('../../docs/figures/lookup-growth.svg', import.meta.url)

/** How lookups grow with the network. Each size has a process of its own, and each node joins by three earlier ones. */
export async function benchGrowth(): Promise<void> {
  const runs: GrowthRun[] = []
  for (const nodes of SIZES) runs.push(await measure(nodes))
  printColumns(
    'First answer for a name, by the size of the network (all of its nodes in one process, without gossip)',
    [
      [
        'nodes',
        'known',
        'lookups',
        'p50',
        'p95',
        'hops',
        'asked',
        'hops in all',
        'asked in all',
        'memory',
        'start',
      ],
      ...runs.map(run => [
        String(run.nodes),
        run.known.toFixed(0),
        String(run.times.length),
        `${figure(median(run.times))} ms`,
        `${figure(quantile(run.times, 0.95))} ms`,
        mean(run.firstHops).toFixed(2),
        mean(run.firstAsked).toFixed(1),
        mean(run.hops).toFixed(2),
        mean(run.asked).toFixed(1),
        `${Math.round(run.memory / 2 ** 20)} MiB`,
        `${run.start.toFixed(0)} s`,
      ]),
    ],
  )
  const time = powerOf(runs.map(run => [run.nodes, median(run.times)]))
  const hops = slopeOf(runs.map(run => [Math.log2(run.nodes), mean(run.firstHops)]))
  const allHops = slopeOf(runs.map(run => [Math.log2(run.nodes), mean(run.hops)]))
  console.log(
    `  time ~ n^${time.exponent.toFixed(2)}: in a network of twice the nodes a first answer takes ${(2 ** time.exponent).toFixed(2)} times as long`,
  )
  console.log(
    `  hops ~ ${hops.slope.toFixed(2)} log2 n: each doubling puts the first answer ${hops.slope.toFixed(2)} of a hop farther away, and the end of the lookup ${allHops.slope.toFixed(2)}`,
  )
  await mkdir(new URL('.', PLOT), { recursive: true })
  await writeFile(PLOT, draw(runs, time, hops))
  console.log(`  drawn in ${fileURLToPath(PLOT)}`)
}

async function measure(nodes: number): Promise<GrowthRun> {
  const child = spawn(process.execPath, ['--conditions=@signpost/source', NETWORK, String(nodes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const output = await text(child.stdout)
  const [code] = (await ended) as [number | null]
  if (code !== 0) throw new Error(`the network of ${nodes} nodes ended with ${code}`)
  return JSON.parse(output) as GrowthRun
}

type Point = readonly [number, number]

/** The straight line with the least squares of vertical distances. */
function slopeOf(points: readonly Point[]): { slope: number; at0: number } {
  const [x, y] = [mean(points.map(([a]) => a)), mean(points.map(([, b]) => b))]
  const slope = mean(points.map(([a, b]) => (a - x) * (b - y))) / mean(points.map(([a]) => (a - x) ** 2))
  return { slope, at0: y - slope * x }
}

/** The power law that is such a line between logarithms. */
function powerOf(points: readonly Point[]): { exponent: number; factor: number } {
  const { slope, at0 } = slopeOf(points.map(([a, b]) => [Math.log(a), Math.log(b)]))
  return { exponent: slope, factor: Math.exp(at0) }
}

function draw(
  runs: readonly GrowthRun[],
  time: ReturnType<typeof powerOf>,
  hops: ReturnType<typeof slopeOf>,
): string {
  const x = { label: 'nodes in the network', min: SIZES[0]!, max: SIZES.at(-1)!, ticks: SIZES }
  const measured = (what: string, valueOf: (run: GrowthRun) => number): Line => ({
    what,
    points: runs.map(run => [run.nodes, valueOf(run)]),
    style: 'marked',
  })
  const fitted = (what: string, valueAt: (nodes: number) => number): Line => ({
    what,
    points: SIZES.map(nodes => [nodes, valueAt(nodes)]),
    style: 'dashed',
  })
  return drawCharts(
    {
      title: 'Time to the first verified answer',
      x,
      y: { label: 'milliseconds', min: 10, max: 1000, ticks: [10, 20, 50, 100, 200, 500, 1000] },
      lines: [
        measured('p95', run => quantile(run.times, 0.95)),
        measured('p50', run => median(run.times)),
        fitted(`n^${time.exponent.toFixed(2)}`, nodes => time.factor * nodes ** time.exponent),
      ],
    },
    {
      title: 'Hops of a lookup',
      x,
      y: { label: 'hops, mean', max: 2, step: 0.5 },
      lines: [
        measured('to its end', run => mean(run.hops)),
        measured('to the first answer', run => mean(run.firstHops)),
        fitted(`${hops.slope.toFixed(2)} log2 n`, nodes => hops.at0 + hops.slope * Math.log2(nodes)),
      ],
    },
  )
}
