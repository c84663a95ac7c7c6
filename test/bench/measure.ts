import { arch, cpus, platform, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** One row of a table: a figure with its spread over the runs, and how it compares to the row that it stands against. */
export interface Row {
  readonly what: string
  readonly unit: string
  /** One figure a run, in the order of the runs. */
  readonly runs: readonly number[]
  readonly better: 'higher' | 'lower'
}

/** Something that can be timed: `run` does the work `count` times. */
export interface Subject {
  readonly what: string
  run(count: number): void | Promise<void>
  readonly count: number
}

/**
 * Times several subjects in turn, A B C A B C …, so that a drift of the machine hits all of them alike.
 * The first round warms up and is not counted. Figures are operations a second.
 */
export async function interleaved(subjects: readonly Subject[], rounds = 5): Promise<Row[]> {
  const runs = subjects.map((): number[] => [])
  for (let round = 0; round <= rounds; round++)
    for (const [n, subject] of subjects.entries()) {
      const start = process.hrtime.bigint()
      await subject.run(subject.count)
      const seconds = Number(process.hrtime.bigint() - start) / 1e9
      if (round > 0) runs[n]!.push(subject.count / seconds)
    }
  return subjects.map((subject, n) => ({ what: subject.what, unit: '/s', runs: runs[n]!, better: 'higher' }))
}

/** Milliseconds that some work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - start) / 1e6
}

/**
 * Resolves when this process has had next to nothing to do for a moment, or after two seconds: what one measurement leaves
 * behind is not to be measured with the next.
 */
export async function untilIdle(): Promise<void> {
  const end = performance.now() + 2_000
  while (performance.now() < end) {
    const before = performance.eventLoopUtilization()
    await sleep(25)
    if (performance.eventLoopUtilization(before).utilization < 0.2) return
  }
}

/** How much one row's figure is of another's: the median over pairs of runs. */
export function ratios(row: Row, other: Row): number {
  return median(row.runs.map((value, run) => value / (other.runs[run] ?? Number.NaN)))
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

/** Something aimed at, and what was measured. */
export type Aim = { readonly what: string; readonly value: number; readonly unit?: string } & (
  | { readonly atLeast: number }
  | { readonly under: number }
)

export function printAims(aims: readonly Aim[]): void {
  for (const aim of aims) {
    const { what, value, unit = '' } = aim
    const isMet = 'under' in aim ? value < aim.under : value >= aim.atLeast
    const bound = 'under' in aim ? `under ${aim.under}` : `at least ${aim.atLeast}`
    console.log(
      `  aim: ${what} ${bound}${unit && ` ${unit}`}: ${isMet ? 'met' : 'MISSED'} with ${figure(value)}`,
    )
  }
}

/**
 * Prints times (in milliseconds) under a heading, with the quantiles that a user feels. Rows may have different numbers
 * of runs; the first is what the medians of the others are compared with.
 */
export function printTimes(heading: string, rows: readonly Pick<Row, 'what' | 'runs'>[]): void {
  const first = median(rows[0]?.runs ?? [])
  printColumns(heading, [
    ['', 'n', 'p50', 'p95', 'max', 'to first'],
    ...rows.map(({ what, runs }, n) => [
      what,
      String(runs.length),
      `${figure(median(runs))} ms`,
      `${figure(quantile(runs, 0.95))} ms`,
      `${figure(Math.max(...runs))} ms`,
      n === 0 ? '' : `${figure(median(runs) / first)} x`,
    ]),
  ])
}

/** Prints rows under a heading; the first row is what the others are compared with, pair by pair of runs. */
export function printTable(heading: string, rows: readonly Row[]): void {
  const cells = rows.map((row, n) => {
    const first = rows[0]!
    const ratios = row.runs.map((value, run) => value / (first.runs[run] ?? Number.NaN))
    return [
      row.what,
      `${figure(median(row.runs))} ${row.unit}`,
      `${figure(Math.min(...row.runs))} – ${figure(Math.max(...row.runs))}`,
      n === 0 || first.unit !== row.unit ? '' : `${median(ratios).toFixed(2)} x`,
    ]
  })
  printColumns(heading, [['', 'median', 'min – max', 'to first'], ...cells])
}

/** Prints lines of cells in columns as wide as their widest cell, the first aligned to the left. */
export function printColumns(heading: string, lines: readonly (readonly string[])[]): void {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map(line => line[column]!.length)))
  console.log(`\n${heading}`)
  for (const line of lines)
    console.log(
      `  ${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ')}`,
    )
}

export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return value.toPrecision(3)
}

export function printMachine(): void {
  const [cpu] = cpus()
  console.log(
    `${cpu?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
      `${platform()} ${arch()}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
  )
}
