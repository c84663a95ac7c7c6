import { PHASES, type PhaseId } from '../phases.ts'
import type { DrillRecord, Participant, RequestMade } from './record.ts'
import { phaseAt, wasKilled } from './tally.ts'

/** What a drill shows. */
export type Verdict =
  | { readonly kind: 'held' }
  /** Requests were lost that should not have been. */
  | { readonly kind: 'lost'; readonly lost: readonly RequestMade[] }
  /** There was no outage to speak of, or too little was asked: it shows nothing, whatever was lost. */
  | { readonly kind: 'void'; readonly problems: readonly string[] }

/** Phases in which ordinary DNS has no address to give, so that plain DNS has to fail, or the drill shows nothing. */
const OUTAGE: readonly PhaseId[] = ['empty', 'servfail', 'silent']

/** Whether each contestant kept what it promises. */
export function judge(record: DrillRecord): Verdict {
  const problems = [...withoutOutage(record), ...withoutRequests(record), ...withoutOwner(record)]
  if (problems.length > 0) return { kind: 'void', problems }
  const lost = record.participants.flatMap(participant => lostBy(participant, record.requests))
  return lost.length === 0 ? { kind: 'held' } : { kind: 'lost', lost }
}

/** Requests of a contestant that failed and should not have. */
export function lostBy(participant: Participant, requests: readonly RequestMade[]): RequestMade[] {
  if (!participant.promises) return []
  return requests.filter(
    request =>
      request.contestant === participant.id &&
      request.problem !== undefined &&
      !wasKilled(request, participant),
  )
}

function withoutOutage({ participants, requests, phases }: DrillRecord): string[] {
  const plain = participants.find(({ id }) => id === 'plain')
  return OUTAGE.flatMap(phase => {
    const failed = requests.some(
      ({ contestant, at, problem }) =>
        contestant === plain?.id && problem !== undefined && phaseAt(phases, at) === phase,
    )
    return failed ? [] : [`plain DNS lost nothing in the phase "${titleOf(phase)}", so there was no outage`]
  })
}

function withoutRequests({ participants, requests, phases, programs }: DrillRecord): string[] {
  return participants
    .filter(({ promises }) => promises)
    .flatMap(({ id, title }) =>
      OUTAGE.flatMap(phase =>
        programs.flatMap(program => {
          const asked = requests.some(
            request =>
              request.contestant === id &&
              request.program === program &&
              phaseAt(phases, request.at) === phase,
          )
          return asked ? [] : [`${program} made no request through ${title} in the phase "${titleOf(phase)}"`]
        }),
      ),
    )
}

// A guard alone would do as well; what the owner signed has to be what answered.
function withoutOwner({ participants, standbyServed }: DrillRecord): string[] {
  const wasThere = participants.some(({ id }) => id === 'pin')
  return wasThere && standbyServed === 0 ? ["the owner's signed zone was not used at all"] : []
}

function titleOf(phase: PhaseId): string {
  return PHASES.find(({ id }) => id === phase)?.title ?? phase
}
