import { expect, test } from 'vitest'
import { drillOf, inOutage, participant } from './records.test-support.ts'
import { judge } from './verdict.ts'

const plainFails = ({ contestant, at }: { contestant: string; at: number }): boolean =>
  contestant === 'plain' && inOutage({ at })

test('a drill in which only those lost requests who promise nothing was held', () => {
  expect(judge(drillOf(plainFails))).toEqual({ kind: 'held' })
})

test('one lost request of a contestant that promises is one too many, in whatever phase', () => {
  for (const at of [3000, 12_000, 25_000, 35_000, 45_000, 55_000]) {
    const verdict = judge(
      drillOf(request => plainFails(request) || (request.contestant === 'guard' && request.at === at)),
    )
    expect(verdict).toMatchObject({ kind: 'lost', lost: [{ contestant: 'guard', at }] })
  }
})

test('what a resolver lost while it was killed is nobody’s fault, and what it lost around that is', () => {
  const down = [{ from: 42_500, to: 44_500 }]
  const cast = [participant('plain'), participant('guard', { down })]
  const verdict = judge(
    drillOf(
      request =>
        plainFails(request) ||
        (request.contestant === 'guard' && request.at >= 41_000 && request.at <= 46_000),
      cast,
    ),
  )
  expect(verdict.kind === 'lost' && verdict.lost.map(({ at }) => at)).toEqual([
    41_000, 42_000, 45_000, 46_000,
  ])
})

test('a request that began before the resolver was killed and failed after it is excused', () => {
  const record = drillOf(plainFails, [
    participant('plain'),
    participant('guard', { down: [{ from: 42_500, to: 44_500 }] }),
  ])
  const requests = record.requests.map(request =>
    request.contestant === 'guard' && request.at === 42_000
      ? { ...request, took: 900, problem: 'reset' }
      : request,
  )
  expect(judge({ ...record, requests })).toEqual({ kind: 'held' })
})

test('a request that had waited too long before the resolver was killed is not excused by that', () => {
  const record = drillOf(plainFails, [
    participant('plain'),
    participant('guard', { down: [{ from: 42_500, to: 44_500 }] }),
  ])
  const requests = record.requests.map(request =>
    request.contestant === 'guard' && request.at === 40_000
      ? { ...request, took: 5000, problem: 'slow' }
      : request,
  )
  expect(judge({ ...record, requests })).toMatchObject({ kind: 'lost', lost: [{ at: 40_000 }] })
})

test('a resolver that stays away is not excused for ever', () => {
  const down = [{ from: 15_000, to: 50_000 }]
  const cast = [participant('plain'), participant('guard', { down })]
  const verdict = judge(
    drillOf(
      request =>
        plainFails(request) ||
        (request.contestant === 'guard' && request.at >= 15_000 && request.at < 50_000),
      cast,
    ),
  )
  expect(verdict.kind === 'lost' && verdict.lost.length).toBe(5)
})

test('where plain DNS lost nothing in one of the phases there was no outage, and nothing is shown', () => {
  const verdict = judge(drillOf(request => plainFails(request) && request.at >= 30_000))
  expect(verdict).toMatchObject({ kind: 'void', problems: [expect.stringContaining('"Empty answer"')] })
})

test('where a contestant that promises was not asked in a phase, nothing is shown', () => {
  const record = drillOf(plainFails)
  const requests = record.requests.filter(
    ({ contestant, at }) => !(contestant === 'guard' && at >= 30_000 && at < 40_000),
  )
  expect(judge({ ...record, requests })).toMatchObject({
    kind: 'void',
    problems: ['curl made no request through guard in the phase "SERVFAIL"'],
  })
})

test('where nobody came to the address that only the owner names, nothing is shown of the owner’s zone', () => {
  const record = drillOf(plainFails, [participant('plain'), participant('pin')])
  expect(judge({ ...record, standbyServed: 1 })).toEqual({ kind: 'held' })
  expect(judge(record)).toEqual({ kind: 'held' })
  expect(judge({ ...record, standbyServed: 0 })).toMatchObject({
    kind: 'void',
    problems: [expect.stringContaining('owner')],
  })
})
