import type { Participant, RequestMade } from './record.ts'
import { wasKilled } from './tally.ts'

/**
 * What became of the requests that began in one second: all well, all lost, some of each, some lost because the resolver was killed,
 * or none made.
 */
export type Cell = 'well' | 'some' | 'lost' | 'killed' | 'none'

/** A cell for each second of the drill. */
export function cellsOf(requests: readonly RequestMade[], participant: Participant, length: number): Cell[] {
  const seconds = Array.from({ length: Math.ceil(length / 1000) }, () => ({
    requests: 0,
    lost: 0,
    killed: 0,
  }))
  for (const request of requests) {
    const second = seconds[Math.floor(request.at / 1000)]
    if (request.contestant !== participant.id || second === undefined) continue
    second.requests += 1
    if (request.problem === undefined) continue
    if (wasKilled(request, participant)) second.killed += 1
    else second.lost += 1
  }
  return seconds.map(({ requests, lost, killed }) => {
    if (requests === 0) return 'none'
    if (lost > 0) return lost === requests ? 'lost' : 'some'
    return killed > 0 ? 'killed' : 'well'
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
