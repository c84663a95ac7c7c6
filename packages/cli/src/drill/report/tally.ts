import type { ContestantId } from '../contestants/contestant.ts'
import { PHASES, type PhaseId } from '../phases.ts'
import type { DrillRecord, Participant, PhaseSpan, RequestMade } from './record.ts'

/** What became of a number of requests. */
export interface Count {
  readonly requests: number
  readonly failures: number
}

export interface Tally extends Count {
  readonly contestant: ContestantId
  /** Of the failures, those while its resolver was killed: then nobody can answer, whatever the resolver knows. */
  readonly whileKilled: number
  /** Milliseconds of the longest time for which no request of some one program succeeded. */
  readonly longestGap: number
  /** By phase, in the order of phases. A phase in which it made none is left out. */
  readonly phases: readonly (Count & { readonly phase: PhaseId })[]
}

/** One line of the table for each contestant. */
export function tallies(record: DrillRecord): Tally[] {
  return record.participants.map(participant => {
    const { id } = participant
    const requests = record.requests.filter(({ contestant }) => contestant === id)
    return {
      contestant: id,
      ...countOf(requests),
      whileKilled: requests.filter(
        request => request.problem !== undefined && wasKilled(request, participant),
      ).length,
      longestGap: longestGap(requests, record.length),
      phases: PHASES.flatMap(({ id: phase }) => {
        const count = countOf(requests.filter(({ at }) => phaseAt(record.phases, at) === phase))
        return count.requests === 0 ? [] : [{ phase, ...count }]
      }),
    }
  })
}

/** Milliseconds for which a resolver that was killed may be away before that is a loss of its own. */
const MAX_DOWN = 30_000

/** Milliseconds that a request which was under way may have waited until then; one that waited longer was lost before. */
const UNDER_WAY = 2000

/** Whether the resolver was killed at some moment of the request. */
export function wasKilled({ at, took }: RequestMade, { down }: Participant): boolean {
  return down.some(
    ({ from, to }) => at < Math.min(to, from + MAX_DOWN) && at + Math.min(took, UNDER_WAY) > from,
  )
}

/** The phase in which a moment lies. */
export function phaseAt(phases: readonly PhaseSpan[], at: number): PhaseId | undefined {
  return phases.find(({ from, to }) => at >= from && at < to)?.phase
}

/**
 * The longest time, in milliseconds, for which a program got nothing: from the beginning of a request that failed to that of the
 * next one that did not, or to the end of the drill.
 */
export function longestGap(requests: readonly RequestMade[], end: number): number {
  const byProgram = Map.groupBy(requests, ({ program }) => program)
  return Math.max(0, ...[...byProgram.values()].map(some => gapOf(some, end)))
}

function gapOf(requests: readonly RequestMade[], end: number): number {
  let longest = 0
  let since: number | undefined
  for (const { at, problem } of requests.toSorted((a, b) => a.at - b.at)) {
    if (problem !== undefined) since ??= at
    else if (since !== undefined) {
      longest = Math.max(longest, at - since)
      since = undefined
    }
  }
  return since === undefined ? longest : Math.max(longest, end - since)
}

function countOf(requests: readonly RequestMade[]): Count {
  return {
    requests: requests.length,
    failures: requests.filter(({ problem }) => problem !== undefined).length,
  }
}
