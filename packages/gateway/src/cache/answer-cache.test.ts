import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Message, type ResourceRecord, parseName } from '@signpost/dns'
import { standing } from '../abuse/standing.test-support.ts'
import { plainEdns, queryFor } from '../asking.test-support.ts'
import { AnswerCache } from './answer-cache.ts'
import { entryOf, freshOutcome, isForwarded, isFresh, staleOutcome, standInFor } from './entry.ts'
import { cacheKey } from './key.ts'
import { lifetimeOf } from './lifetime.ts'
import { limitsWith } from '../limits.ts'
import { type Found, type Outcome, fromGateway, fromUpstream } from '../outcome.ts'
import type { Query } from '../query.ts'
import { localSoa } from '../soa.ts'
import { START, idOf } from '../zones.test-support.ts'

const limits = limitsWith()
const name = parseName('www.example.')
const address = (ttl: number, owner = name): ResourceRecord => ({
  name: owner,
  type: 1,
  class: 1,
  ttl,
  rdata: { kind: 'A', address: Uint8Array.of(192, 0, 2, 1) },
})
const answer = (...ttls: number[]): Found => ({
  kind: 'answer',
  answers: ttls.map(ttl => address(ttl)),
  authorities: [],
  provenance: fromUpstream,
  age: 0,
})
const denial = (minimum: number, ttl = minimum): Found => ({
  kind: 'no-name',
  answers: [],
  authorities: [{ ...localSoa(parseName('example.'), minimum), ttl }],
  provenance: fromUpstream,
  age: 0,
})
const fromZone = (seed: number): Found => ({
  ...answer(300),
  provenance: { source: 'zone', verified: true, stale: false, zones: [idOf(seed), idOf(99)] },
})
const queryOf = (message: Message): Query => ({
  question: message.questions[0]!,
  trail: [],
  budget: { left: 1 },
  message,
  transport: 'udp',
  client: { address: '127.0.0.1', port: 1 },
  addressProven: false,
  standing: standing('127.0.0.1'),
  signal: new AbortController().signal,
})
const keyOf = (text: string, type = 'A', changes: Partial<Message> = {}): string =>
  cacheKey(queryOf(queryFor(text, type, changes)))

/** What the cache gives out as fresh. */
function known(cache: AnswerCache, key: string, now: number): Outcome | undefined {
  const entry = cache.find(key, now)
  return entry !== undefined && isFresh(entry, now) ? freshOutcome(entry, now) : undefined
}

test('an answer is given out until the least of its TTLs is over, with its age', () => {
  const cache = new AnswerCache(limits)
  cache.store('k', answer(300, 60), START)
  expect(known(cache, 'k', START)).toMatchObject({ kind: 'answer', age: 0 })
  expect(known(cache, 'k', START + 59_999)).toMatchObject({ kind: 'answer', age: 59 })
  expect(known(cache, 'k', START + 60_000)).toBeUndefined()
  expect(cache.stats()).toMatchObject({ hits: 2, misses: 1 })
})

test('a denial is kept for the lesser of the TTL and the MINIMUM of its SOA', () => {
  expect(lifetimeOf(denial(60, 300), limits)).toBe(60)
  expect(lifetimeOf(denial(300, 60), limits)).toBe(60)
  expect(lifetimeOf({ ...denial(60), answers: [address(20)] }, limits)).toBe(20)
  expect(lifetimeOf({ ...denial(60), authorities: [] }, limits)).toBe(0)
})

test('lifetimes have an upper bound each, however large the TTL', () => {
  const bounded = { ...limits, positiveTtl: 1000, negativeTtl: 100, failureTtl: 5 }
  expect(lifetimeOf(answer(2 ** 31 - 1), bounded)).toBe(1000)
  expect(lifetimeOf(denial(2 ** 31 - 1), bounded)).toBe(100)
  expect(lifetimeOf({ kind: 'absent', text: '' }, bounded)).toBe(5)
})

test('what must not be kept is not kept', () => {
  const never: Outcome[] = [
    answer(0),
    answer(),
    { ...answer(300), age: 300 },
    { ...answer(300), provenance: fromGateway },
    { ...answer(300), partial: true },
    { kind: 'overloaded', text: '' },
    { kind: 'failed', text: '' },
    { kind: 'refused' },
    { kind: 'malformed' },
  ]
  const cache = new AnswerCache(limits)
  for (const outcome of never) {
    cache.store('k', outcome, START)
    expect(cache.stats().entries).toBe(0)
  }
})

test('an answer from a stale copy is kept for a second only, as a better one is on its way', () => {
  const stale: Found = { ...fromZone(1), provenance: { ...fromZone(1).provenance, stale: true } }
  expect(lifetimeOf(stale, limits)).toBe(1)
})

test('the key has what changes the answer: name, type, DO and CD; and nothing else, not even letter case', () => {
  const dnssecOk = { edns: { ...plainEdns, dnssecOk: true } }
  const different = [
    keyOf('a.example'),
    keyOf('b.example'),
    keyOf('a.example', 'AAAA'),
    keyOf('a.example', 'A', dnssecOk),
    keyOf('a.example', 'A', { checkingDisabled: true }),
    keyOf('a.example', 'A', { ...dnssecOk, checkingDisabled: true }),
  ]
  expect(new Set(different).size).toBe(different.length)
  const { edns: _, ...classic } = queryFor('A.exAmple', 'A', { id: 7, authenticData: true })
  expect(cacheKey(queryOf(classic))).toBe(keyOf('a.example'))
})

test('an answer that was on its way when its zone was forgotten is not kept', () => {
  const cache = new AnswerCache(limits)
  const since = cache.generation
  cache.forget(idOf(1))
  cache.store('a', fromZone(1), START, since)
  cache.store('b', answer(300), START, since)
  expect(known(cache, 'a', START)).toBeUndefined()
  expect(known(cache, 'b', START)).toBeDefined()
  cache.store('a', fromZone(1), START, cache.generation)
  expect(known(cache, 'a', START)).toBeDefined()
})

test('forgetting a zone drops every answer in which it had a part, and no other', () => {
  const cache = new AnswerCache(limits)
  cache.store('one', fromZone(1), START)
  cache.store('two', fromZone(2), START)
  cache.store('failed', { kind: 'absent', text: '', zones: [idOf(1)] }, START)
  cache.store('ordinary', answer(300), START)
  cache.forget(idOf(1))
  expect(['one', 'two', 'failed', 'ordinary'].filter(key => known(cache, key, START))).toEqual([
    'two',
    'ordinary',
  ])
  cache.forget(idOf(99))
  expect(known(cache, 'two', START)).toBeUndefined()
  cache.clear()
  expect(cache.stats()).toMatchObject({ entries: 0, octets: 0 })
})

test('forgetting all zones leaves what upstreams said', () => {
  const cache = new AnswerCache(limits)
  cache.store('one', fromZone(1), START)
  cache.store('two', fromZone(2), START)
  cache.store('ordinary', answer(300), START)
  const since = cache.generation
  cache.forget()
  cache.store('on its way', fromZone(3), START, since)
  expect(['one', 'two', 'on its way', 'ordinary'].filter(key => known(cache, key, START))).toEqual([
    'ordinary',
  ])
})

test.each<[what: string, clear: (cache: AnswerCache) => void]>([
  ['cleared', cache => cache.clear()],
  ['rid of a name', cache => cache.drop(() => false)],
])('nothing that was on its way when the cache was %s is kept', (_, clear) => {
  const cache = new AnswerCache(limits)
  const since = cache.generation
  clear(cache)
  cache.store('a', answer(300), START, since)
  expect(known(cache, 'a', START)).toBeUndefined()
  cache.store('a', answer(300), START, cache.generation)
  expect(known(cache, 'a', START)).toBeDefined()
})

test('dropping a name drops its answers of every type and the aliases that lead to it, denied or not', () => {
  const cache = new AnswerCache(limits)
  const alias: ResourceRecord = {
    ...address(300, parseName('alias.example.')),
    type: 5,
    rdata: { kind: 'CNAME', target: name },
  }
  const gone = parseName('gone.example.')
  cache.store(keyOf('www.example'), answer(300), START)
  cache.store(keyOf('www.example', 'TXT'), denial(60), START)
  cache.store(keyOf('alias.example'), { ...answer(300), answers: [alias, address(300)] }, START)
  cache.store(keyOf('gone.example'), { ...denial(60), answers: [{ ...alias, name: gone }] }, START)
  cache.store(keyOf('a.www.example'), { ...answer(300), answers: [] }, START)
  cache.store(keyOf('b.www.example'), denial(60), START)
  cache.store(keyOf('xwww.example'), denial(60), START)
  expect(cache.drop(other => other.equals(name))).toBe(4)
  expect(known(cache, keyOf('b.www.example'), START)).toBeDefined()
  expect(known(cache, keyOf('xwww.example'), START)).toBeDefined()
  expect(cache.stats().entries).toBe(2)
})

test('an answer of an upstream is of use for a limited time after its TTL, then no more', () => {
  const cache = new AnswerCache({ ...limits, staleKept: 100 })
  cache.store('a', answer(300), START)
  const at = (seconds: number): unknown => {
    const entry = cache.find('a', START + seconds * 1000)
    return entry && (isFresh(entry, START + seconds * 1000) ? 'fresh' : staleOutcome(entry))
  }
  expect(at(299)).toBe('fresh')
  expect(at(300)).toMatchObject({
    answers: [{ ttl: 30 }],
    age: 0,
    provenance: { source: 'upstream', verified: false, stale: true },
  })
  expect(at(399)).toBeDefined()
  expect(at(400)).toBeUndefined()
})

test.each<[what: string, outcome: Outcome]>([
  ['what a zone says', fromZone(1)],
  [
    'what an upstream says of the target of a name in a zone',
    { ...answer(300), provenance: { ...fromUpstream, zones: [idOf(1)] } },
  ],
  ['what is stale already', { ...answer(300), provenance: { ...fromUpstream, stale: true } }],
  ['a failure', { kind: 'upstream-failed', text: '' }],
])('past its TTL there is no use for %s', (_, outcome) => {
  const cache = new AnswerCache(limits)
  cache.store('k', outcome, START)
  expect(known(cache, 'k', START)).toBeDefined()
  expect(cache.find('k', START + 300_000)).toBeUndefined()
})

const [OLD, NEW] = [1, 2]
const saidBy = (origin: number): Found => ({ ...answer(300), provenance: { ...fromUpstream, origin } })

test('what upstreams said is old once others are asked; what zones say is not', () => {
  const cache = new AnswerCache(limits)
  cache.askOf(OLD, START)
  cache.store('a', saidBy(OLD), START)
  cache.store('zone', fromZone(1), START)
  cache.askOf(OLD, START)
  expect(known(cache, 'a', START + 10_000)).toBeDefined()
  cache.askOf(NEW, START + 10_000)
  expect(known(cache, 'a', START + 10_000)).toBeUndefined()
  expect(cache.find('a', START + 10_000)).toBeDefined()
  expect(known(cache, 'zone', START + 10_000)).toBeDefined()
})

test('what comes late of those that were asked before is old, and takes nothing from those that are asked now', () => {
  const cache = new AnswerCache(limits)
  cache.askOf(OLD, START)
  cache.askOf(NEW, START)
  cache.store('a', saidBy(OLD), START)
  expect(known(cache, 'a', START)).toBeUndefined()
  expect(cache.find('a', START)?.outcome).toEqual(saidBy(OLD))
  cache.store('a', saidBy(NEW), START)
  cache.store('a', saidBy(OLD), START)
  expect(known(cache, 'a', START)).toMatchObject(saidBy(NEW))
})

test('that those failed who were asked before says nothing', () => {
  const cache = new AnswerCache(limits)
  cache.askOf(OLD, START)
  cache.store('a', saidBy(OLD), START)
  cache.store('failed', { kind: 'upstream-failed', text: '' }, START)
  const since = cache.generation
  cache.noteFailure('a', START, since)
  cache.askOf(NEW, START)
  cache.store('late', { kind: 'upstream-failed', text: '' }, START, since)
  expect(cache.find('a', START)?.failedAt).toBe(-Infinity)
  cache.noteFailure('a', START, since)
  expect(cache.find('a', START)?.failedAt).toBe(-Infinity)
  expect(['failed', 'late'].map(key => cache.find(key, START))).toEqual([undefined, undefined])
})

test('of a name in a zone whose target others were asked for, nothing is left', () => {
  const cache = new AnswerCache(limits)
  cache.askOf(OLD, START)
  const mixed = { ...fromZone(1), provenance: { ...fromZone(1).provenance, origin: OLD } }
  cache.store('a', mixed, START)
  expect(known(cache, 'a', START)).toBeDefined()
  cache.askOf(NEW, START)
  expect(cache.find('a', START)).toBeUndefined()
})

test('while one zone is forgotten, what is on its way from others is kept', () => {
  const cache = new AnswerCache(limits)
  const since = cache.generation
  cache.forget(idOf(1))
  cache.store('one', fromZone(1), START, since)
  cache.store('two', fromZone(2), START, since)
  expect(['one', 'two'].map(key => known(cache, key, START)?.kind)).toEqual([undefined, 'answer'])
})

test('a clock that goes back, however far, makes an answer old and not useless', () => {
  const cache = new AnswerCache({ ...limits, staleKept: 100 })
  cache.store('a', answer(300), START)
  cache.store('zone', fromZone(1), START)
  const back = cache.find('a', START - 1)!
  expect(isFresh(back, START - 1)).toBe(false)
  expect(cache.find('zone', START - 1)).toBeUndefined()
  expect(cache.find('a', 0)).toBeDefined()
  // A refresh is kept by the clock as it is now.
  cache.store('a', answer(300), START - 1)
  expect(known(cache, 'a', START - 1)).toBeDefined()
})

test('a failure never takes the place of an answer that is still of use', () => {
  const cache = new AnswerCache(limits)
  cache.store('a', answer(300), START)
  cache.store('a', { kind: 'upstream-failed', text: '' }, START + 400_000)
  expect(cache.find('a', START + 400_000)?.outcome.kind).toBe('answer')
  const end = START + (300 + limits.staleKept) * 1000
  cache.store('a', { kind: 'upstream-failed', text: '' }, end)
  expect(cache.find('a', end)?.outcome.kind).toBe('upstream-failed')
})

test('an answer for whoever asked alone takes the place of the older one, and is never given out as fresh', () => {
  const cache = new AnswerCache(limits)
  cache.store('a', answer(300), START)
  const other = { ...answer(0), answers: [address(0, parseName('other.example.'))] }
  cache.store('a', other, START + 200_000)
  expect(known(cache, 'a', START + 200_000)).toBeUndefined()
  expect(cache.find('a', START + 200_000)?.outcome).toEqual(other)
})

test('a denial without an SOA takes nothing away, one that may not be kept does', () => {
  const cache = new AnswerCache(limits)
  cache.store('a', answer(300), START)
  cache.store('a', { ...denial(60), authorities: [] }, START + 400_000)
  expect(cache.find('a', START + 400_000)?.outcome.kind).toBe('answer')
  cache.store('a', denial(0), START + 400_000)
  expect(cache.find('a', START + 400_000)?.outcome.kind).toBe('no-name')
})

test('what comes back from elsewhere is taken where it is of use and nothing newer is known', () => {
  const cache = new AnswerCache(limits)
  const entry = entryOf(answer(300), 300, START, limits)
  cache.store('failed', { kind: 'upstream-failed', text: '' }, START)
  cache.store('newer', denial(60), START)
  expect(cache.restore('a', entry, START + 1000)).toBe(true)
  expect(cache.restore('failed', entry, START + 1000)).toBe(true)
  expect(cache.restore('newer', entry, START + 1000)).toBe(false)
  expect(cache.restore('zone', entryOf(fromZone(1), 300, START, limits), START)).toBe(false)
  expect(known(cache, 'a', START + 1000)).toMatchObject({ age: 1 })
})

test('whatever is stored and whenever it is asked for, nothing comes back outside its lifetime or over the bound', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd')
  const step = fc.record({
    key,
    ttl: fc.integer({ min: 0, max: 100 }),
    negative: fc.boolean(),
    // Clocks go back too.
    later: fc.integer({ min: -50_000, max: 90_000 }),
    size: fc.integer({ min: 1, max: 60 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const small = { ...limits, cacheOctets: 64 * 1024 }
      const cache = new AnswerCache(small)
      const stored = new Map<string, { at: number; until: number }>()
      let now = START
      for (const { key, ttl, negative, later, size } of steps) {
        const outcome = negative ? denial(ttl) : answer(...Array<number>(size).fill(ttl))
        cache.store(key, outcome, now)
        if (ttl > 0) stored.set(key, { at: now, until: now + ttl * 1000 })
        else stored.delete(key)
        now += later
        const fresh = known(cache, key, now)
        const life = stored.get(key)
        if (life === undefined || now < life.at || now >= life.until) expect(fresh).toBeUndefined()
        if (fresh !== undefined && 'age' in fresh && life !== undefined)
          expect(fresh.age).toBe(Math.floor((now - life.at) / 1000))
        expect(cache.stats().octets).toBeLessThanOrEqual(small.cacheOctets)
      }
    }),
  )
})

test('what stands in for an old answer takes nothing of it away, and is given out in its place for a moment', () => {
  const cache = new AnswerCache(limits)
  cache.store('a', answer(300), START)
  const later = START + 400_000
  const standIn: Found = { ...answer(30), extendedError: { infoCode: 3, text: 'x' } }
  cache.store('a', standIn, later)
  expect(cache.find('a', later)?.outcome).toEqual(answer(300))
  cache.noteStandIn('a', standIn, later)
  const entry = cache.find('a', later + 999)!
  expect(standInFor(entry, later + 999)).toBe(standIn)
  expect(standInFor(entry, later + 1000)).toBeUndefined()
  expect(standInFor(entry, later - 1)).toBeUndefined()
  cache.store('b', standIn, later)
  expect(known(cache, 'b', later)).toMatchObject({ extendedError: { infoCode: 3 } })
})

test('an answer that is not proved takes the place of an older one, and is of no use past its TTL', () => {
  const cache = new AnswerCache(limits)
  const written: string[] = []
  cache.listener = {
    stored: (key, { outcome }) => {
      if (isForwarded(outcome)) written.push(key)
    },
    removed: () => {},
    dropped: () => {},
  }
  cache.store('a', answer(300), START)
  cache.store('a', { ...answer(60), unproved: true }, START + 1000)
  expect(known(cache, 'a', START + 60_999)).toBeDefined()
  expect(cache.find('a', START + 61_000)).toBeUndefined()
  expect(written).toEqual(['a'])
})
