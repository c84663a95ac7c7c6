import type { ContestantId } from '../contestants/contestant.ts'
import type { RequestMade } from './record.ts'

/** What became of the requests that began in one second: all well, all lost, some of each, or none made. */
export type Cell = 'well' | 'some' | 'lost' | 'none'

/** A cell for each second of the drill. */
export function cellsOf(requests: readonly RequestMade[], contestant: ContestantId, length: number): Cell[] {
  const seconds = Array.from({ length: Math.ceil(length / 1000) }, () => ({ requests: 0, failures: 0 }))
  for (const { contestant: id, at, problem } of requests) {
    const second = seconds[Math.floor(at / 1000)]
    if (id !== contestant || second === undefined) continue
    second.requests += 1
    if (problem !== undefined) second.failures += 1
  }
  return seconds.map(({ requests, failures }) => {
    if (requests === 0) return 'none'
    if (failures === 0) return 'well'
    return failures === requests ? 'lost' : 'some'
  })
}

/** Equal cells beside one another as one. */
export function runsOf(cells: readonly Cell[]): { cell: Cell; from: number; length: number }[] {
  const runs: { cell: Cell; from: number; length: number }[] = []
  for (const [at, cell] of cells.entries()) {
    const last = runs.at(-1)
    if (last?.cell === cell) last.length += 1
    else runs.push({ cell, from: at, length: 1 })
  }
  return runs
}
