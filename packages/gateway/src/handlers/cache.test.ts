import { type Message, Rcode, RrClass, RrType, parseName } from '@signpost/dns'
import { expect, test } from 'vitest'
import { standing } from '../abuse/standing.test-support.ts'
import { explanations, lines, plainEdns, queryFor } from '../asking.test-support.ts'
import { AnswerCache } from '../cache/answer-cache.ts'
import { entryOf } from '../cache/entry.ts'
import { cacheKey } from '../cache/key.ts'
import type { Resolve } from '../handler.ts'
import {
  type InProcess,
  type Server,
  UPSTREAM,
  gatewayInProcess,
  recursiveServer,
  respond,
} from '../in-process.test-support.ts'
import { type Limits, limitsWith } from '../limits.ts'
import { type Outcome, fromUpstream } from '../outcome.ts'
import type { Query } from '../query.ts'
import { START, idOf } from '../zones.test-support.ts'
import { answerFromCache } from './cache.ts'

const records = `www.example. 300 IN A 192.0.2.1
short.example. 9 IN A 192.0.2.9
alias.example. 300 IN CNAME www.example.
`
const silent: Server = () => undefined

/** A gateway whose upstream can be changed, and whose clock is moved by seconds. */
function withUpstream(limits: Partial<Limits> = {}, server: Server = recursiveServer(records)) {
  const gateway = gatewayInProcess({ limits, upstreams: [UPSTREAM] })
  const upstream = { server }
  gateway.servers.add(UPSTREAM, request => upstream.server(request))
  const pass = (seconds: number): void => {
    gateway.zones.now += seconds * 1000
  }
  return { gateway, upstream, pass, sent: () => gateway.servers.sent.length }
}

async function answerOf(gateway: InProcess, name: string, type = 'A', changes: Partial<Message> = {}) {
  const reply = await gateway.ask(name, type, changes)
  return { rcode: reply.rcode, lines: lines(reply.answers), explained: explanations(reply).join() }
}

const fresh = { rcode: Rcode.NOERROR, lines: ['www.example. 300 IN A 192.0.2.1'], explained: '' }
const stale = {
  rcode: Rcode.NOERROR,
  lines: ['www.example. 30 IN A 192.0.2.1'],
  explained: '3 the newest copy that could be found is past its TTL',
}

test('an answer past its TTL is asked for anew, and the new one is what the client gets', async () => {
  const { gateway, pass, sent } = withUpstream()
  expect(await answerOf(gateway, 'www.example')).toEqual(fresh)
  pass(300)
  expect(await answerOf(gateway, 'www.example')).toEqual(fresh)
  expect(sent()).toBe(2)
  expect(gateway.cache.stats()).toMatchObject({ stale: 0 })
})

test('where no upstream answers, the old answer is given out with a TTL of 30 s, and says that it is old', async () => {
  const { gateway, upstream, pass } = withUpstream()
  await gateway.ask('www.example')
  await gateway.ask('no.example')
  upstream.server = silent
  pass(300)
  expect(await answerOf(gateway, 'www.example')).toEqual(stale)
  const denied = await gateway.ask('no.example')
  expect(denied).toMatchObject({ rcode: Rcode.NXDOMAIN, authoritative: false })
  expect(denied.authorities.map(({ ttl }) => ttl)).toEqual([30])
  expect(explanations(denied)).toEqual(['19 the newest copy that could be found is past its TTL'])
  expect(gateway.cache.stats()).toMatchObject({ stale: 2 })
})

test('nothing is given out past the time for which old answers are kept', async () => {
  const { gateway, upstream, pass } = withUpstream({ staleKept: 1000 })
  await gateway.ask('www.example')
  upstream.server = silent
  pass(1299)
  expect(await answerOf(gateway, 'www.example')).toEqual(stale)
  pass(1)
  expect(await answerOf(gateway, 'www.example')).toMatchObject({ rcode: Rcode.SERVFAIL, lines: [] })
})

test.each<[what: string, server: Server]>([
  ['silence', silent],
  ['SERVFAIL', request => ({ ...respond(request), rcode: Rcode.SERVFAIL })],
  ['REFUSED', request => ({ ...respond(request), rcode: Rcode.REFUSED })],
  ['a referral', request => ({ ...respond(request), recursionAvailable: false })],
])('%s refreshes nothing, and is not asked for again for half a minute', async (_, server) => {
  const { gateway, upstream, pass, sent } = withUpstream()
  await gateway.ask('www.example')
  upstream.server = server
  pass(300)
  expect(await answerOf(gateway, 'www.example')).toEqual(stale)
  const before = sent()
  pass(29)
  expect(await answerOf(gateway, 'www.example')).toEqual(stale)
  expect(sent()).toBe(before)
  pass(1)
  upstream.server = recursiveServer(records)
  expect(await answerOf(gateway, 'www.example')).toEqual(fresh)
  expect(sent()).toBe(before + 1)
})

test('a denial refreshes: what an upstream says now is believed', async () => {
  const { gateway, upstream, pass } = withUpstream()
  await gateway.ask('www.example')
  upstream.server = recursiveServer('other.example. 300 IN A 192.0.2.2\n')
  pass(300)
  expect(await answerOf(gateway, 'www.example')).toMatchObject({ rcode: Rcode.NXDOMAIN, explained: '' })
  upstream.server = silent
  pass(60)
  expect(await answerOf(gateway, 'www.example')).toMatchObject({ rcode: Rcode.NXDOMAIN })
})

test('a client of a slow upstream waits for a limited time; the refresh goes on and serves the next one', async () => {
  const { gateway, upstream, pass, sent } = withUpstream({ staleWait: 20 })
  await gateway.ask('www.example')
  const answer = Promise.withResolvers<void>()
  const slow = recursiveServer('www.example. 300 IN A 192.0.2.2\n')
  upstream.server = async request => {
    await answer.promise
    return slow(request)
  }
  pass(300)
  // Both wait for the one refresh; the third comes when all patience is spent, and does not wait at all.
  expect(await Promise.all([1, 2].map(() => answerOf(gateway, 'www.example')))).toEqual([stale, stale])
  expect(await answerOf(gateway, 'www.example')).toEqual(stale)
  expect(sent()).toBe(2)
  answer.resolve()
  const newer = { ...fresh, lines: ['www.example. 300 IN A 192.0.2.2'] }
  await expect.poll(() => answerOf(gateway, 'www.example')).toEqual(newer)
  expect(sent()).toBe(2)
})

test('a client that wants no recursion gets nothing old', async () => {
  const { gateway, pass } = withUpstream()
  await gateway.ask('www.example')
  pass(300)
  expect(await gateway.ask('www.example', 'A', { recursionDesired: false })).toMatchObject({
    rcode: Rcode.REFUSED,
    answers: [],
  })
})

test('answers with and without checks and signatures are old each for itself', async () => {
  const { gateway, upstream, pass } = withUpstream()
  await gateway.ask('www.example')
  upstream.server = silent
  pass(300)
  for (const changes of [{ checkingDisabled: true }, { edns: { ...plainEdns, dnssecOk: true } }])
    expect(await answerOf(gateway, 'www.example', 'A', changes)).toMatchObject({ rcode: Rcode.SERVFAIL })
  expect(await answerOf(gateway, 'www.example')).toEqual(stale)
})

test('an alias in a zone leads to an old answer too, and the whole says that it is old', async () => {
  const { gateway, upstream, pass } = withUpstream()
  const id = await gateway.zones.publish(1, 'shop 3600 CNAME www.example.\n')
  const name = `shop.${id}.signpost.internal.`
  await gateway.ask(name)
  upstream.server = silent
  pass(300)
  const reply = await gateway.ask(name)
  expect(reply).toMatchObject({ rcode: Rcode.NOERROR, authoritative: true, authenticData: false })
  expect(lines(reply.answers)).toEqual([`${name} 30 IN CNAME www.example.`, 'www.example. 30 IN A 192.0.2.1'])
  expect(explanations(reply)).toEqual(['3 the newest copy that could be found is past its TTL'])
})

test('a popular name is refreshed in the last tenth of its TTL, once, and no client waits', async () => {
  const { gateway, upstream, pass, sent } = withUpstream()
  const next = recursiveServer('www.example. 300 IN A 192.0.2.2\n')
  const asked = Promise.withResolvers<void>()
  await gateway.ask('www.example')
  await gateway.ask('www.example')
  upstream.server = async request => {
    await asked.promise
    return next(request)
  }
  pass(269)
  await gateway.ask('www.example')
  expect(sent()).toBe(1)
  pass(1)
  for (let n = 0; n < 3; n++)
    expect((await answerOf(gateway, 'www.example')).lines).toEqual(['www.example. 30 IN A 192.0.2.1'])
  expect(sent()).toBe(2)
  asked.resolve()
  await expect
    .poll(async () => (await answerOf(gateway, 'www.example')).lines)
    .toEqual(['www.example. 300 IN A 192.0.2.2'])
  expect(gateway.cache.stats()).toMatchObject({ prefetched: 1, misses: 1 })
})

test('what is not popular, short-lived, or a failure is not refreshed ahead', async () => {
  const { gateway, upstream, pass, sent } = withUpstream({ failureTtl: 100 })
  await gateway.ask('www.example')
  pass(290)
  // Its first hit.
  await gateway.ask('www.example')
  expect(sent()).toBe(1)
  for (let n = 0; n < 2; n++) await gateway.ask('short.example')
  pass(8.5)
  await gateway.ask('short.example')
  expect(sent()).toBe(2)
  upstream.server = silent
  await gateway.ask('fails.example')
  const before = sent()
  await gateway.ask('fails.example')
  pass(95)
  await gateway.ask('fails.example')
  expect(sent()).toBe(before)
  expect(gateway.cache.stats()).toMatchObject({ prefetched: 0 })
})

test('a refresh ahead that fails takes nothing away, and is tried again only after a while', async () => {
  const { gateway, upstream, pass, sent } = withUpstream()
  for (let n = 0; n < 2; n++) await gateway.ask('www.example')
  upstream.server = silent
  pass(275)
  await gateway.ask('www.example')
  await expect.poll(() => sent()).toBe(3)
  pass(5)
  expect(await answerOf(gateway, 'www.example')).toEqual({
    ...fresh,
    lines: ['www.example. 20 IN A 192.0.2.1'],
  })
  expect(sent()).toBe(3)
})

/** The handler alone, before a source that answers when it is told to. */
function beforeSource(limits: Partial<Limits> = {}) {
  const cache = new AnswerCache(limitsWith(limits))
  const errors: unknown[] = []
  const clock = { now: START }
  const handler = answerFromCache({
    cache,
    now: () => clock.now,
    limits: limitsWith(limits),
    signal: new AbortController().signal,
    onError: error => errors.push(error),
  })
  const asked: string[] = []
  const source = { next: Promise.withResolvers<Outcome>() }
  const next: Resolve = query => {
    asked.push(query.question.name.toString())
    return source.next.promise
  }
  return {
    cache,
    asked,
    source,
    errors,
    clock,
    ask: async (query: Query, from = next) => handler(query, from),
  }
}

const ordinary: Outcome = {
  kind: 'answer',
  answers: [
    {
      name: parseName('www.example.'),
      type: RrType.A,
      class: RrClass.IN,
      ttl: 300,
      rdata: { kind: 'A', address: Uint8Array.of(192, 0, 2, 1) },
    },
  ],
  authorities: [],
  provenance: fromUpstream,
  age: 0,
}

function questionFor(name: string, changes: Partial<Message> = {}): Query {
  const message = queryFor(name, 'A', changes)
  return {
    question: message.questions[0]!,
    trail: [],
    budget: { left: 5 },
    message,
    transport: 'udp',
    client: { address: '127.0.0.1', port: 1 },
    addressProven: false,
    standing: standing('127.0.0.1'),
    signal: new AbortController().signal,
  }
}

test('equal questions are looked up once, whoever owns the name, and all get the answer', async () => {
  const { asked, source, ask } = beforeSource()
  const all = [1, 2, 3].map(() => ask(questionFor('www.Example.')))
  const other = ask(questionFor('www.example.', { checkingDisabled: true }))
  expect(asked).toHaveLength(2)
  source.next.resolve(ordinary)
  expect(await Promise.all([...all, other])).toEqual([ordinary, ordinary, ordinary, ordinary])
  expect(asked).toHaveLength(2)
})

test.each<[what: string, outcome: Outcome]>([
  ['a refusal', { kind: 'refused' }],
  ['an alias whose target was not asked for', { ...ordinary, partial: true }],
  ['no room', { kind: 'overloaded', text: '' }],
])('what one client alone is told, others are not: %s', async (_, outcome) => {
  const { asked, source, ask } = beforeSource()
  const both = [ask(questionFor('www.example.')), ask(questionFor('www.example.'))]
  const first = source.next
  source.next = Promise.withResolvers()
  source.next.resolve(ordinary)
  first.resolve(outcome)
  expect(await Promise.all(both)).toEqual([outcome, ordinary])
  expect(asked).toHaveLength(2)
})

const from = (address: string): Query => ({
  ...questionFor('www.example.'),
  addressProven: true,
  standing: standing(address),
})

test('no more than a limit wait for an equal question', async () => {
  const { asked, source, ask } = beforeSource({ coalescedQueries: 2 })
  const all = [1, 2, 3, 4].map(n => ask(from(`192.0.2.${n}`)))
  source.next.resolve(ordinary)
  expect((await Promise.all(all)).map(({ kind }) => kind)).toEqual([
    'answer',
    'answer',
    'answer',
    'overloaded',
  ])
  expect(asked).toHaveLength(1)
})

test('one client that asks the same again and again leaves room for others to wait', async () => {
  const { source, ask } = beforeSource({ coalescedQueries: 10 })
  const own = Array.from({ length: 20 }, () => ask(from('192.0.2.1')))
  const other = ask(from('192.0.2.2'))
  source.next.resolve(ordinary)
  expect((await Promise.all(own)).filter(({ kind }) => kind === 'answer')).toHaveLength(1 + 5)
  expect((await other).kind).toBe('answer')
})

test('who asks after a zone was forgotten does not get what was asked before', async () => {
  const { cache, asked, ask, source } = beforeSource()
  const before = ask(questionFor('www.example.'))
  cache.forget(idOf(1))
  const after = ask(questionFor('www.example.'))
  expect(asked).toHaveLength(2)
  source.next.resolve(ordinary)
  await Promise.all([before, after])
})

test('two aliases that lead to each other, asked for at the same time, end', async () => {
  const { gateway } = withUpstream()
  const id = await gateway.zones.publish(1, 'a CNAME b\nb CNAME a\n')
  const name = (label: string): string => `${label}.${id}.signpost.internal`
  const replies = await Promise.all([gateway.ask(name('a')), gateway.ask(name('b'))])
  expect(replies.map(({ rcode }) => rcode)).toEqual([Rcode.SERVFAIL, Rcode.SERVFAIL])
})

test('an error while an answer is refreshed is told, and the old answer goes out', async () => {
  const { clock, source, errors, ask } = beforeSource()
  const answered = ask(questionFor('www.example.'))
  source.next.resolve(ordinary)
  await answered
  clock.now += 300_000
  source.next = Promise.withResolvers()
  const error = new Error('a fault')
  source.next.reject(error)
  expect(await ask(questionFor('www.example.'))).toMatchObject({
    answers: [{ ttl: 30 }],
    provenance: { stale: true },
  })
  expect(errors).toEqual([error])
})

test('an error at once while an answer is refreshed does not end its refreshes for ever', async () => {
  const { clock, source, asked, errors, ask } = beforeSource()
  const answered = ask(questionFor('www.example.'))
  source.next.resolve(ordinary)
  await answered
  clock.now += 300_000
  const error = new Error('a fault')
  const fail: Resolve = () => {
    throw error
  }
  expect(await ask(questionFor('www.example.'), fail)).toMatchObject({ provenance: { stale: true } })
  expect(errors).toEqual([error])
  expect(await ask(questionFor('www.example.'))).toEqual(ordinary)
  expect(asked).toHaveLength(2)
})

test('no more than a limit are refreshed at once; all others get their old answers without a wait', async () => {
  const { clock, source, asked, ask } = beforeSource({ refreshes: 1 })
  const names = ['a.example.', 'b.example.']
  const answered = names.map(name => ask(questionFor(name)))
  source.next.resolve(ordinary)
  await Promise.all(answered)
  clock.now += 300_000
  source.next = Promise.withResolvers()
  const [first, second] = names.map(name => ask(questionFor(name)))
  expect(await second).toMatchObject({ provenance: { stale: true } })
  source.next.resolve(ordinary)
  expect(await first).toEqual(ordinary)
  expect(asked).toHaveLength(3)
})

test('while answers come back from disk, a question waits for them before anybody is asked', async () => {
  const { cache, asked, ask } = beforeSource()
  const restored = Promise.withResolvers<void>()
  cache.restoring = restored.promise
  const waiting = ask(questionFor('www.example.'))
  const key = cacheKey(questionFor('www.example.'))
  cache.restore(key, entryOf(ordinary, 300, START, limitsWith()), START)
  cache.restoring = undefined
  restored.resolve()
  expect(await waiting).toEqual(ordinary)
  expect(asked).toEqual([])
})

test('no more than a limit wait for what comes back from disk', async () => {
  const { cache, source, ask } = beforeSource({ coalescedQueries: 2 })
  const restored = Promise.withResolvers<void>()
  cache.restoring = restored.promise
  const all = [1, 2, 3].map(n =>
    ask({ ...from(`192.0.2.${n}`), question: questionFor(`n${n}.example.`).question }),
  )
  cache.restoring = undefined
  restored.resolve()
  source.next.resolve(ordinary)
  expect((await Promise.all(all)).map(({ kind }) => kind)).toEqual(['answer', 'answer', 'overloaded'])
})
