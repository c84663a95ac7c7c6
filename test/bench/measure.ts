import { arch, cpus, platform, totalmem } from 'node:os'

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

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
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
  const table = [['', 'median', 'min – max', 'to first'], ...cells]
  const widths = [0, 1, 2, 3].map(column => Math.max(...table.map(line => line[column]!.length)))
  console.log(`\n${heading}`)
  for (const line of table)
    console.log(
      `  ${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ')}`,
    )
}

function figure(value: number): string {
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
