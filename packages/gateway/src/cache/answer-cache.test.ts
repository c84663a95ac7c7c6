import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Message, type ResourceRecord, parseName } from '@signpost/dns'
import { plainEdns, queryFor } from '../asking.test-support.ts'
import { AnswerCache, cacheKey } from './answer-cache.ts'
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
  signal: new AbortController().signal,
})
const keyOf = (text: string, type = 'A', changes: Partial<Message> = {}): string =>
  cacheKey(queryOf(queryFor(text, type, changes)))

test('an answer is given out until the least of its TTLs is over, with its age', () => {
  const cache = new AnswerCache(limits)
  cache.store('k', answer(300, 60), START)
  expect(cache.lookup('k', START)).toMatchObject({ kind: 'answer', age: 0 })
  expect(cache.lookup('k', START + 59_999)).toMatchObject({ kind: 'answer', age: 59 })
  expect(cache.lookup('k', START + 60_000)).toBeUndefined()
  expect(cache.stats()).toMatchObject({ hits: 2, misses: 1, entries: 0, octets: 0 })
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
  expect(cache.lookup('a', START)).toBeUndefined()
  expect(cache.lookup('b', START)).toBeDefined()
  cache.store('a', fromZone(1), START, cache.generation)
  expect(cache.lookup('a', START)).toBeDefined()
})

test('forgetting a zone drops every answer in which it had a part, and no other', () => {
  const cache = new AnswerCache(limits)
  cache.store('one', fromZone(1), START)
  cache.store('two', fromZone(2), START)
  cache.store('failed', { kind: 'absent', text: '', zones: [idOf(1)] }, START)
  cache.store('ordinary', answer(300), START)
  cache.forget(idOf(1))
  expect(['one', 'two', 'failed', 'ordinary'].filter(key => cache.lookup(key, START))).toEqual([
    'two',
    'ordinary',
  ])
  cache.forget(idOf(99))
  expect(cache.lookup('two', START)).toBeUndefined()
  cache.clear()
  expect(cache.stats()).toMatchObject({ entries: 0, octets: 0 })
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
        now += later
        const known = cache.lookup(key, now)
        const life = stored.get(key)
        if (life === undefined || now < life.at || now >= life.until) expect(known).toBeUndefined()
        if (known !== undefined && 'age' in known && life !== undefined)
          expect(known.age).toBe(Math.floor((now - life.at) / 1000))
        expect(cache.stats().octets).toBeLessThanOrEqual(small.cacheOctets)
      }
    }),
  )
})
