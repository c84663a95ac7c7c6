import { printSeconds } from './format.ts'
import type { DrillRecord } from './record.ts'
import { tallies } from './tally.ts'

const COLUMNS = ['', 'requests', 'failures', 'while killed', 'longest gap'] as const

/** The table at the end, as lines of text. */
export function printTable(record: DrillRecord): string[] {
  const rows = tallies(record).map(({ contestant, requests, failures, whileKilled, longestGap }) => {
    const { title = '', detail = '' } = record.participants.find(({ id }) => id === contestant) ?? {}
    return [
      `${title} (${detail})`,
      String(requests),
      String(failures),
      String(whileKilled),
      printSeconds(longestGap),
    ]
  })
  const all = [[...COLUMNS], ...rows]
  const widths = COLUMNS.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)))
  return all.map(row =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}
