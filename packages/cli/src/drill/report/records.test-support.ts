import type { DrillRecord, Participant, RequestMade } from './record.ts'

const PROGRAM = 'curl'

export function participant(id: Participant['id'], fields: Partial<Participant> = {}): Participant {
  const promises = id !== 'plain' && id !== 'stale'
  return {
    id,
    title: id,
    about: `about ${id}`,
    detail: `detail of ${id}`,
    promises,
    down: [],
    upstream: [],
    ...fields,
  }
}

/** A drill of six phases of ten seconds each, in which each contestant makes a request a second. @param failing which of them fail. */
export function drillOf(
  failing: (request: Pick<RequestMade, 'contestant' | 'at'>) => boolean,
  participants: readonly Participant[] = [participant('plain'), participant('guard')],
): DrillRecord {
  const phases = (['calm', 'race', 'empty', 'servfail', 'silent', 'recovery'] as const).map((phase, at) => ({
    phase,
    from: at * 10_000,
    to: (at + 1) * 10_000,
  }))
  const requests = participants.flatMap(({ id: contestant }) =>
    Array.from({ length: 60 }, (_, second): RequestMade => {
      const request = { contestant, at: second * 1000 }
      return {
        ...request,
        program: PROGRAM,
        took: 5,
        ...(failing(request) ? { problem: 'no such host' } : {}),
      }
    }),
  )
  return {
    startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
    length: 60_000,
    version: '1.2.3',
    name: 'api.example.com',
    phases,
    participants,
    absent: [],
    programs: [PROGRAM],
    requests,
    happenings: [{ at: 1000, what: 'a <b> & "c"' }],
    shortened: [{ limit: 'patience', here: '1 s', usual: '6 h' }],
    authority: 'NSD 4',
    peers: 6,
    ownSpace: true,
  }
}

/** Whether a request lies in one of the phases in which there is no address. */
export function inOutage({ at }: Pick<RequestMade, 'at'>): boolean {
  return at >= 20_000 && at < 50_000
}
