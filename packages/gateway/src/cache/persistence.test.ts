import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '@signpost/node'
import { parseName, parseZoneFile } from '@signpost/dns'
import { ClassicLevel } from 'classic-level'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Limits, limitsWith } from '../limits.ts'
import { type Found, type Outcome, fromUpstream } from '../outcome.ts'
import { localSoa } from '../soa.ts'
import { START, idOf } from '../zones.test-support.ts'
import { AnswerCache } from './answer-cache.ts'
import { isFresh, staleOutcome } from './entry.ts'
import { type Persistence, persistAnswers } from './persistence.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-cache-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

const ORIGIN = 53
const answer: Found = {
  kind: 'answer',
  answers: parseZoneFile('www.example. 300 IN A 192.0.2.1\n'),
  authorities: [],
  provenance: { ...fromUpstream, origin: ORIGIN },
  age: 0,
}
const denial: Found = {
  kind: 'no-name',
  answers: [],
  authorities: [localSoa(parseName('example.'), 60)],
  provenance: { ...fromUpstream, origin: ORIGIN },
  age: 0,
}

const keyOf = (label: string): string => `0 1 ${parseName(`${label}.example.`).key}`

interface Running extends AsyncDisposable {
  readonly cache: AnswerCache
  /** Undefined where the directory is of no use. */
  readonly persistence: Persistence | undefined
  readonly logged: string[]
  /** Says of a name's label what a client would get. */
  readonly known: (this: void, label: string) => 'fresh' | Outcome | undefined
}

/** A gateway's cache from its start to its stop, and the clock at that time. */
async function run(
  options: {
    now?: number
    origin?: number
    limits?: Partial<Limits>
    isOurs?: (key: string) => boolean
    waits?: boolean
  } = {},
): Promise<Running> {
  const { now = START, origin = ORIGIN, isOurs = () => false } = options
  const limits = limitsWith(options.limits)
  const cache = new AnswerCache(limits)
  cache.askOf(origin, now)
  const logged: string[] = []
  const log = (message: string, fields: object = {}): void => {
    logged.push(`${message} ${Object.keys(fields).join()}`.trim())
  }
  const logger: Logger = { debug: log, info: log, warn: log, error: log }
  const parts = { cache, directory, limits, now: () => now, isOurs, logger }
  const persistence = await persistAnswers(parts)
  if (options.waits !== false) await cache.restoring
  return {
    cache,
    persistence,
    logged,
    known: label => {
      const entry = cache.find(keyOf(label), now)
      return entry && (isFresh(entry, now) ? 'fresh' : staleOutcome(entry))
    },
    [Symbol.asyncDispose]: async () => persistence?.close(),
  }
}

async function keep(entries: Record<string, Outcome>, now: number = START): Promise<void> {
  await using running = await run({ now })
  for (const [label, outcome] of Object.entries(entries)) running.cache.store(keyOf(label), outcome, now)
}

const old: Outcome = expect.objectContaining({
  provenance: { ...fromUpstream, origin: ORIGIN, stale: true },
}) as Outcome

test('answers and denials of upstreams are known again; failures, and what zones say, are not', async () => {
  await keep({
    answer,
    denial,
    failure: { kind: 'upstream-failed', text: '' },
    zone: { ...answer, provenance: { source: 'zone', verified: true, stale: false, zones: [idOf(1)] } },
  })
  await using running = await run()
  expect(['answer', 'denial', 'failure', 'zone'].map(running.known)).toEqual([
    'fresh',
    'fresh',
    undefined,
    undefined,
  ])
  expect(running.persistence?.stats()).toMatchObject({ entries: 2 })
  expect(running.logged).toEqual([])
})

test('time goes on while the gateway is off', async () => {
  await keep({ answer, denial })
  {
    await using running = await run({ now: START + 100_000 })
    expect(running.known('answer')).toBe('fresh')
    expect(running.known('denial')).toEqual(old)
    expect(running.cache.find(keyOf('answer'), START + 100_000)).toMatchObject({ storedAt: START })
  }
  await using later = await run({ now: START + 4 * 86_400_000 })
  expect(later.known('answer')).toBeUndefined()
})

test('what came too late to be of use goes when its space is needed', async () => {
  await keep({ answer })
  await using later = await run({ now: START + 4 * 86_400_000, limits: { cacheOctets: 64 * 1024 } })
  for (let n = 0; n < 100; n++) later.cache.store(keyOf(`n${n}`), answer, START + 4 * 86_400_000)
  await later.persistence?.close()
  await using again = await run()
  expect(again.known('answer')).toBeUndefined()
})

test.each([
  ['1970, as on a machine whose clock has no battery', 60_000, old],
  ['2040', Date.UTC(2040, 0, 1), undefined],
])('a start in %s takes nothing away that the next one needs', async (_, now, expected) => {
  await keep({ answer })
  {
    await using running = await run({ now })
    expect(running.known('answer')).toEqual(expected)
    running.cache.store(keyOf('other'), answer, now)
  }
  await using again = await run()
  expect(again.known('answer')).toBe('fresh')
})

test('what other upstreams said is old', async () => {
  await keep({ answer })
  {
    await using running = await run({ origin: 54 })
    expect(running.known('answer')).toEqual(old)
  }
  // It was not refreshed, so it still is what those upstreams said.
  await using again = await run({ origin: ORIGIN })
  expect(again.known('answer')).toBe('fresh')
})

test('what came back before it was known of whom is asked is old, where others are', async () => {
  await keep({ answer })
  await using running = await run()
  running.cache.askOf(54, START)
  expect(running.known('answer')).toEqual(old)
})

test('what others said than those that are asked when it is written stays theirs', async () => {
  {
    await using running = await run()
    running.cache.store(keyOf('answer'), answer, START)
    running.cache.askOf(54, START)
  }
  await using again = await run({ origin: 54 })
  expect(again.known('answer')).toEqual(old)
})

test('names that are answered here by now do not come back', async () => {
  await keep({ ours: answer, theirs: answer })
  await using running = await run({ isOurs: key => key === keyOf('ours') })
  expect(running.known('ours')).toBeUndefined()
  expect(running.known('theirs')).toBe('fresh')
})

test('lower limits of TTLs hold for what was kept under higher ones', async () => {
  await keep({ answer })
  await using running = await run({ now: START + 50_000, limits: { positiveTtl: 40 } })
  expect(running.known('answer')).toEqual(old)
})

test('an answer that is damaged on disk is not given out, and the others are', async () => {
  await keep({ answer, denial })
  const database = new ClassicLevel<string, Uint8Array>(join(directory, 'answers'), { valueEncoding: 'view' })
  const octets = Uint8Array.from((await database.get(keyOf('answer')))!)
  octets[octets.length - 1]! ^= 1
  await database.batch([
    { type: 'put', key: keyOf('answer'), value: octets },
    { type: 'put', key: keyOf('nothing'), value: Uint8Array.of() },
  ])
  await database.close()
  await using running = await run()
  expect(['answer', 'nothing', 'denial'].map(running.known)).toEqual([undefined, undefined, 'fresh'])
  await running.persistence?.close()
  await using again = await run()
  expect(again.persistence?.stats()).toMatchObject({ entries: 1 })
})

test('a store that cannot be opened is set aside with a word in the log, and answers are kept anew', async () => {
  await keep({ answer })
  await writeFile(join(directory, 'answers', 'CURRENT'), 'nothing')
  {
    await using running = await run()
    expect(running.logged).toEqual([expect.stringMatching(/are damaged; they were moved away.* movedTo/)])
    expect(running.cache.stats().entries).toBe(0)
    running.cache.store(keyOf('denial'), denial, START)
  }
  await using again = await run()
  expect(again.known('denial')).toBe('fresh')
})

test('a store that cannot be read to its end is set aside while the gateway runs', async () => {
  await keep(Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, answer])))
  const tables = (await readdir(join(directory, 'answers'))).filter(file => file.endsWith('.ldb'))
  expect(tables.length).toBeGreaterThan(0)
  for (const file of tables) {
    const path = join(directory, 'answers', file)
    await truncate(path, Math.floor((await stat(path)).size / 2))
  }
  {
    await using running = await run()
    expect(running.logged).toEqual([
      expect.stringContaining('cannot be read'),
      expect.stringContaining('were moved away'),
    ])
    running.cache.store(keyOf('denial'), denial, START)
  }
  await using again = await run()
  expect(again.known('denial')).toBe('fresh')
  expect(again.logged).toEqual([])
})

test('a second gateway on the same directory says so, and runs without', async () => {
  await using first = await run()
  await using second = await run()
  expect(second.persistence).toBeUndefined()
  expect(second.logged).toEqual([
    expect.stringMatching(/^another gateway keeps its answers in this directory/),
  ])
  second.cache.store(keyOf('answer'), answer, START)
  first.cache.store(keyOf('answer'), answer, START)
  expect(second.known('answer')).toBe('fresh')
})

test('where nothing can be kept the log says why, and the cache works', async () => {
  await rm(directory, { recursive: true })
  await writeFile(directory, '')
  await using running = await run()
  expect(running.persistence).toBeUndefined()
  expect(running.logged).toEqual([expect.stringMatching(/^answers cannot be kept on disk.*problem/)])
  running.cache.store(keyOf('answer'), answer, START)
  expect(running.known('answer')).toBe('fresh')
})

test('a smaller cache takes back what it can hold, and deletes the rest', async () => {
  await keep(Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`k${n}`, answer])))
  await using running = await run({ limits: { cacheOctets: 128 * 1024 } })
  const { entries } = running.cache.stats()
  expect(entries).toBeLessThan(150)
  await running.persistence?.close()
  await using again = await run()
  expect(again.cache.stats().entries).toBe(entries)
})

test('clearing the cache clears the disk', async () => {
  await keep({ answer, denial })
  {
    await using running = await run()
    running.cache.clear()
  }
  await using again = await run()
  expect(again.persistence?.stats()).toEqual({ entries: 0, octets: 0 })
})

test.each<[what: string, waits: (cache: AnswerCache) => Promise<void> | undefined]>([
  ['holds', cache => cache.restoring],
  ['holds, though the gateway stops at once', async () => {}],
])('a flush while answers come back %s', async (_, waits) => {
  await keep(Object.fromEntries(Array.from({ length: 3000 }, (_none, n) => [`k${n}`, answer])))
  {
    await using running = await run({ waits: false })
    running.cache.drop(name => name.equals(parseName('k2000.example.')))
    running.cache.drop(name => name.equals(parseName('k2001.example.')))
    await waits(running.cache)
  }
  await using again = await run()
  expect(['k1999', 'k2000', 'k2001', 'k2002'].map(again.known)).toEqual([
    'fresh',
    undefined,
    undefined,
    'fresh',
  ])
  expect(again.persistence?.stats()).toMatchObject({ entries: 2998 })
})

test('many flushes while answers come back drop all of them, rather than be remembered without end', async () => {
  await keep(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, answer])))
  await using running = await run({ waits: false })
  for (let n = 0; n < 200; n++) running.cache.drop(name => name.equals(parseName('other.example.')))
  await running.cache.restoring
  expect(running.cache.stats().entries).toBe(0)
})

test('while answers come back, newer ones are not lost, and stopping does not wait for the rest', async () => {
  await keep(Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`k${n}`, answer])))
  {
    await using running = await run({ waits: false })
    expect(running.cache.restoring).toBeDefined()
    running.cache.store(keyOf('k2999'), denial, START)
  }
  await using again = await run()
  expect(again.cache.find(keyOf('k2999'), START)?.outcome.kind).toBe('no-name')
  expect(again.persistence?.stats()).toMatchObject({ entries: 3000 })
})
