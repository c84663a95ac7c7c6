import { expect, test } from 'vitest'
import { type Zone, diffZones } from '@signpost/core'
import { SignpostError } from '@signpost/dns'
import { owner } from '../zones.test-support.ts'
import { zoneOfText } from '../zone/zone-text.ts'
import { type LookResult, type Round, type Standing, keepCurrent } from './keep-current.ts'

const { zoneId } = owner(1)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

function zone(text: string): Zone {
  return zoneOfText(`$TTL 300\n${text.replaceAll('; ', '\n')}`, 'test', zoneId)
}

class Unreachable extends SignpostError {
  readonly code = 'UNREACHABLE'
}

type Seen = string | Error | { readonly kind: 'failed'; readonly reason: string }

interface Setting {
  /** What is seen in each round. */
  readonly seen: readonly Seen[]
  /** A zone, or the word retired. */
  readonly standing?: string
  readonly confirmed?: boolean
  /** Throws where a publication shall fail. */
  readonly onPublish?: (round: number) => void
  readonly onRound?: (round: number, world: World) => void
}

interface World {
  standing: Standing
  readonly rounds: Round[]
  readonly published: { readonly content: Zone; readonly isGreatLoss: boolean; readonly at: number }[]
}

/** Runs as many rounds as there are things to see, a quarter of an hour apart. */
async function run({ seen, standing, confirmed = false, onPublish, onRound }: Setting): Promise<World> {
  let now = 0
  let round = 0
  const stop = new AbortController()
  const validFor = 30 * DAY
  const world: World = { standing: { kind: 'none' }, rounds: [], published: [] }
  const stand = (content: Zone, sequence: number): void => {
    world.standing = { kind: 'zone', zone: content, sequence, expiresAt: now + validFor }
  }
  if (standing === 'retired') world.standing = { kind: 'retired' }
  else if (standing !== undefined) stand(zone(standing), 1)
  await keepCurrent(
    {
      look: (): Promise<LookResult> => {
        const what = seen[round]
        if (what instanceof Error) return Promise.reject(what)
        if (typeof what === 'object') return Promise.resolve(what)
        return Promise.resolve({
          kind: 'look',
          zone: what === '' || what === undefined ? undefined : zone(what),
          isUnknown: () => false,
          isOlder: false,
        })
      },
      standing: () => Promise.resolve(world.standing),
      publish: (content, { isGreatLoss }) => {
        onPublish?.(round)
        const sequence = (world.standing.kind === 'zone' ? world.standing.sequence : 0) + 1
        world.published.push({ content, isGreatLoss, at: round })
        stand(content, sequence)
        return Promise.resolve(sequence)
      },
      onRound: what => {
        world.rounds.push(what)
        onRound?.(round, world)
      },
    },
    {
      pace: 15 * MINUTE,
      patience: 6 * HOUR,
      validFor,
      confirmed,
      signal: stop.signal,
      now: () => now,
      wait: milliseconds => {
        expect(milliseconds).toBe(15 * MINUTE)
        now += milliseconds
        if (++round === seen.length) stop.abort()
        return Promise.resolve()
      },
    },
  )
  return world
}

function kinds({ rounds }: World): string[] {
  return rounds.map(({ kind }) => kind)
}

function isPublished({ published }: World, at: number, text: string): boolean {
  const entry = published[at]
  return entry !== undefined && diffZones(entry.content, zone(text)).length === 0
}

const FULL = 'a A 192.0.2.1; b A 192.0.2.2; c A 192.0.2.3'
const WITHOUT_C = 'a A 192.0.2.1; b A 192.0.2.2'

test('what is seen first is published, and then only what changes', async () => {
  const changed = FULL.replace('192.0.2.3', '192.0.2.9')
  const world = await run({ seen: [FULL, FULL, changed, changed] })
  expect(kinds(world)).toEqual(['published', 'current', 'published', 'current'])
  expect(isPublished(world, 1, changed)).toBe(true)
})

test('a server that goes empty changes nothing, and when it is back there is nothing to do', async () => {
  const world = await run({ seen: [FULL, '', '', FULL] })
  expect(kinds(world)).toEqual(['published', 'current', 'current', 'current'])
  expect(world.rounds[1]).toMatchObject({ held: [{ why: 'gone' }, { why: 'gone' }, { why: 'gone' }] })
  expect(world.rounds[3]).toMatchObject({ held: [] })
})

test('failures of whatever kind change nothing', async () => {
  const seen = [FULL, { kind: 'failed', reason: 'SERVFAIL' } as const, new Unreachable('nobody'), FULL]
  expect(kinds(await run({ seen }))).toEqual(['published', 'failed', 'failed', 'current'])
})

test('a bug is not waited out', async () => {
  await expect(run({ seen: [FULL, new TypeError('a bug')] })).rejects.toThrow('a bug')
})

test('a loss is published once it has stood for the patience', async () => {
  const world = await run({ seen: [FULL, ...Array.from({ length: 26 }, () => WITHOUT_C)] })
  expect(world.published.map(({ at }) => at)).toEqual([0, 25])
  expect(isPublished(world, 1, WITHOUT_C)).toBe(true)
})

test('a loss whose publication failed is published at the next round', async () => {
  const world = await run({
    seen: [FULL, ...Array.from({ length: 26 }, () => WITHOUT_C)],
    onPublish: round => {
      if (round === 25) throw new Unreachable('no peer')
    },
  })
  expect(kinds(world).slice(-2)).toEqual(['unpublished', 'published'])
})

test('what the user has confirmed counts for what is seen first, also where that takes a while', async () => {
  const failed = { kind: 'failed', reason: 'SERVFAIL' } as const
  const world = await run({ standing: FULL, seen: [failed, 'a A 192.0.2.1', ''], confirmed: true })
  expect(kinds(world)).toEqual(['failed', 'published', 'current'])
  expect(world.published[0]?.isGreatLoss).toBe(true)
})

test('a loss that another command has published is no loss any more', async () => {
  const onRound = (round: number, world: World): void => {
    if (round === 1) world.standing = { kind: 'zone', zone: zone(WITHOUT_C), sequence: 7, expiresAt: 1e12 }
  }
  const world = await run({ seen: [FULL, WITHOUT_C, WITHOUT_C], onRound })
  expect(world.rounds[1]).toMatchObject({ held: [{ why: 'gone' }] })
  expect(world.rounds[2]).toEqual({ kind: 'current', sequence: 7, held: [] })
})

test('a zone that its owner retires is not brought back', async () => {
  const world = await run({
    seen: [FULL, FULL, FULL, FULL],
    onRound: (round, world) => {
      if (round === 1) world.standing = { kind: 'retired' }
    },
  })
  expect(kinds(world)).toEqual(['published', 'current', 'retired'])
})

test('a retired zone is brought back where the user says so', async () => {
  expect(kinds(await run({ standing: 'retired', seen: [FULL, FULL] }))).toEqual(['retired'])
  expect(kinds(await run({ standing: 'retired', seen: [FULL, FULL], confirmed: true }))).toEqual([
    'published',
    'current',
  ])
})

test('where there is nothing and nothing stands, nothing is published', async () => {
  expect(kinds(await run({ seen: ['', FULL] }))).toEqual(['nothing', 'published'])
})

test('a signature is made again when half of its time is over', async () => {
  const rounds = (16 * DAY) / (15 * MINUTE)
  const world = await run({ seen: Array.from({ length: rounds }, () => FULL) })
  expect(world.published.map(({ at }) => at)).toEqual([0, (15 * DAY) / (15 * MINUTE)])
})

test('when it is told to stop it stops waiting', async () => {
  const stop = new AbortController()
  const rounds: Round[] = []
  await keepCurrent(
    {
      look: () => Promise.resolve({ kind: 'failed', reason: 'SERVFAIL' }),
      standing: () => Promise.resolve({ kind: 'none' }),
      publish: () => Promise.reject(new Error('there is nothing to publish')),
      onRound: round => {
        rounds.push(round)
        setImmediate(() => stop.abort())
      },
    },
    { pace: DAY, patience: 0, validFor: DAY, confirmed: false, signal: stop.signal },
  )
  expect(rounds).toHaveLength(1)
})
