import { type Name, RrClass, RrType, parseName } from '@signpost/dns'
import { describe, expect, test } from 'vitest'
import { limitsWith } from '../limits.ts'
import { type Found, type Outcome, fromUpstream } from '../outcome.ts'
import { localSoa } from '../soa.ts'
import { START } from '../zones.test-support.ts'
import { AnswerCache } from './answer-cache.ts'
import { costOf } from './cost.ts'

const USEFUL = 1000
const FLOOD = 100_000
const HELD = 5000

const keyOf = (name: Name): string => `0 ${RrType.A} ${name.key}`

function found(kind: Found['kind'], records: Pick<Found, 'answers' | 'authorities'>): Found {
  return { kind, ...records, provenance: fromUpstream, age: 0 }
}

function answer(name: Name): Found {
  const rdata = { kind: 'A', address: Uint8Array.of(192, 0, 2, 1) } as const
  return found('answer', {
    answers: [{ name, type: RrType.A, class: RrClass.IN, ttl: 300, rdata }],
    authorities: [],
  })
}

function denial(kind: 'no-name' | 'no-data', zone: Name): Found {
  return found(kind, { answers: [], authorities: [localSoa(zone, 300)] })
}

interface Asked {
  readonly name: Name
  readonly outcome: Outcome
}

/** Three in four have addresses; the others are names that have none, as most have no AAAA. */
const useful: readonly Asked[] = Array.from({ length: USEFUL }, (_, n) => {
  const name = parseName(`host${n}.useful.example.`)
  return { name, outcome: n % 4 === 0 ? denial('no-data', name) : answer(name) }
})

const oneDomain = parseName('victim.example.')
const FLOODS: Record<string, (n: number) => Asked> = {
  'names that one domain does not have': n => ({
    name: parseName(`x${n}.victim.example.`),
    outcome: denial('no-name', oneDomain),
  }),
  'names that many domains do not have': n => ({
    name: parseName(`x${n}.victim${n % 10_000}.example.`),
    outcome: denial('no-name', parseName(`victim${n % 10_000}.example.`)),
  }),
  'names whose servers are silent': n => ({
    name: parseName(`x${n}.victim.example.`),
    outcome: { kind: 'upstream-failed', text: '192.0.2.53:53 did not answer in time' },
  }),
  'names that a wildcard makes': n => {
    const name = parseName(`x${n}.victim.example.`)
    return { name, outcome: answer(name) }
  },
}

/**
 * Asks `asked` of the cache, and stores what it does not know.
 * @returns whether it was known.
 */
function ask(cache: AnswerCache, { name, outcome }: Asked, now: number): boolean {
  const entry = cache.find(keyOf(name), now)
  if (entry === undefined || entry.expiresAt <= now) cache.store(keyOf(name), outcome, now)
  return entry !== undefined
}

/** The part of questions for useful names that the cache knew, in the second half of the flood. */
function hitRate(flood: (n: number) => Asked, { every, warm }: { every: number; warm: boolean }): number {
  const limits = limitsWith({ cacheOctets: HELD * costOf('', denial('no-name', oneDomain)) })
  const cache = new AnswerCache(limits)
  let now = START
  if (warm) for (let round = 0; round < 2; round++) for (const one of useful) ask(cache, one, now)
  let asked = 0
  let hits = 0
  for (let n = 0; n < FLOOD; n++) {
    // A hundred a second, so that what is useful expires three times.
    now += 10
    ask(cache, flood(n), now)
    if (n % every !== 0) continue
    // Prime to their number, so that all take turns, though not in their order.
    const known = ask(cache, useful[((n / every) * 7) % USEFUL] as Asked, now)
    if (n < FLOOD / 2) continue
    asked++
    if (known) hits++
  }
  expect(cache.stats().octets).toBeLessThanOrEqual(limits.cacheOctets)
  return hits / asked
}

describe.each(Object.entries(FLOODS))('a flood of %s', { timeout: 60_000 }, (_, flood) => {
  test('leaves what was in use before, though each name is asked for once in twenty thousand of the flood', () => {
    expect(hitRate(flood, { every: 20, warm: true })).toBeGreaterThanOrEqual(0.95)
  })

  test('lets in what comes into use meanwhile', () => {
    expect(hitRate(flood, { every: 10, warm: false })).toBeGreaterThanOrEqual(0.95)
  })
})
