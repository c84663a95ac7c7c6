import type { ZoneId } from '@signpost/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Admission, type Incoming, type KeepLimits, admit } from './admission.ts'
import { KeptSources } from './kept-sources.ts'

// Ten zones or a thousand octets in all, and four zones or four hundred octets of one source.
const limits: KeepLimits = { zones: 10, octets: 1_000, share: 0.4 }

type Records = readonly (readonly [name: string, octets: number, isShared?: boolean])[]

/** So many records of ten octets each, named after their source, the one that was put longest ago first. */
function few(source: string, count: number): Records {
  return Array.from({ length: count }, (_, at) => [`${source}${at + 1}`, 10])
}

function decide(
  kept: { readonly [source: string]: Records },
  incoming: {
    readonly from: string
    readonly zone?: string
    readonly octets?: number
    readonly replaced?: number
  },
  needed: readonly string[] = [],
): string {
  const sources = new KeptSources<ZoneId>(limits)
  for (const [source, list] of Object.entries(kept))
    for (const [name, octets, isShared = false] of list) sources.set(source, name as ZoneId, octets, isShared)
  const { from, zone = 'new', octets = 10, replaced } = incoming
  const request: Incoming = { zoneId: zone as ZoneId, source: from, octets, replaced }
  return printed(admit(request, sources, sources.usage, limits, zoneId => needed.includes(zoneId)))
}

function printed(admission: Admission): string {
  return admission.kind === 'refused'
    ? `refused: ${admission.reason}`
    : ['kept', ...admission.evicted].join(', without ')
}

test.each([
  ['while there is room', { a: few('a', 3), b: few('b', 4) }, { from: 'c' }, 'kept'],
  ['as the last that its source may have', { a: few('a', 3) }, { from: 'a' }, 'kept'],
  ['beyond what its source may have', { a: few('a', 4) }, { from: 'a' }, 'refused: source'],
  [
    'beyond what its source may have in octets',
    { a: few('a', 1) },
    { from: 'a', octets: 391 },
    'refused: source',
  ],
  [
    'with no room, where others have more',
    { a: few('a', 4), b: few('b', 4), c: few('c', 2) },
    { from: 'd' },
    'kept, without a1',
  ],
  [
    'with no room, where another has one more than it would have',
    { a: few('a', 4), b: few('b', 3), c: few('c', 3) },
    { from: 'b' },
    'refused: full',
  ],
  [
    'with no room, where another has two more',
    { a: few('a', 4), b: few('b', 2), c: few('c', 4) },
    { from: 'b' },
    'kept, without a1',
  ],
  [
    'with no room and nobody larger',
    { a: few('a', 2), b: few('b', 2), c: few('c', 2), d: few('d', 2), e: few('e', 2) },
    { from: 'e' },
    'refused: full',
  ],
  [
    'with no room, from a source of many that have one each',
    Object.fromEntries(few('s', 10).map(([name]) => [name, few(name, 1)])),
    { from: 'a' },
    'refused: full',
  ],
])('a further zone %s', (_, kept, incoming, outcome) => {
  expect(decide(kept, incoming)).toBe(outcome)
})

test.each([
  ['of the same size', { from: 'a', zone: 'a1', octets: 10, replaced: 10 }, 'kept'],
  ['that are larger', { from: 'a', zone: 'a1', octets: 100, replaced: 10 }, 'kept'],
  // 130 octets of the others' 390 have to go.
  [
    'that are too large for their source take the place of its others',
    { from: 'a', zone: 'a1', octets: 385, replaced: 10 },
    'kept, without a2, without a3',
  ],
  [
    'that are larger than all that their source may have',
    { from: 'a', zone: 'a2', octets: 900, replaced: 10 },
    'kept, without a1, without a3, without a4',
  ],
])('news %s', (_, incoming, outcome) => {
  expect(decide({ a: few('a', 4), b: few('b', 4), c: few('c', 2) }, incoming)).toBe(outcome)
})

test('news with no room take it from whoever has more', () => {
  const kept = {
    a: [['a1', 400]],
    b: [
      ['b1', 350],
      ['b2', 50],
    ],
    c: [['c1', 200]],
  } as const
  expect(decide(kept, { from: 'c', zone: 'c1', octets: 240, replaced: 200 })).toBe('kept, without a1')
  expect(decide(kept, { from: 'd', octets: 100 })).toBe('kept, without a1')
})

test('a large record may take the place of several small ones, or of none', () => {
  const kept = {
    a: few('a', 4).map(([name]) => [name, 100] as const),
    b: [['b1', 400]],
    c: [['c1', 190]],
  } as const
  // The two large sources give in turn, until neither has more than the newcomer.
  expect(decide(kept, { from: 'd', octets: 150 })).toBe('kept, without a1, without b1')
  expect(decide(kept, { from: 'd', octets: 400 })).toBe('refused: full')
})

test('what this node needs itself never goes', () => {
  const kept = { a: few('a', 4), b: few('b', 4), c: few('c', 2) }
  expect(decide(kept, { from: 'd' }, ['a1', 'a2'])).toBe('kept, without a3')
  expect(decide(kept, { from: 'd' }, ['a1', 'a2', 'a3', 'a4'])).toBe('kept, without b1')
  expect(
    decide(
      kept,
      { from: 'd' },
      [...few('a', 4), ...few('b', 4), ...few('c', 2)].map(([name]) => name),
    ),
  ).toBe('refused: full')
  expect(decide({ a: few('a', 1) }, { from: 'a', zone: 'a1', octets: 500, replaced: 10 }, ['a1'])).toBe(
    'kept',
  )
})

test('whatever comes, there is never too much, and nobody loses a record to a source that has more', () => {
  const put = fc.record({ source: fc.nat(4), zone: fc.nat(30), octets: fc.integer({ min: 1, max: 150 }) })
  fc.assert(
    fc.property(fc.array(put, { maxLength: 120 }), puts => {
      const sources = new KeptSources<ZoneId>(limits)
      const owners = new Map<ZoneId, string>()
      const octetsOf = (source: string, zoneId: ZoneId): number | undefined =>
        new Map(sources.get(source) ?? []).get(zoneId)
      const share = (source: string): number => {
        const { zones = 0, octets = 0 } = sources.get(source) ?? {}
        return Math.max(zones / limits.zones, octets / limits.octets)
      }
      for (const { source: number, zone, octets } of puts) {
        const zoneId = `zone ${zone}` as ZoneId
        const source = owners.get(zoneId) ?? `source ${number}`
        const replaced = octetsOf(source, zoneId)
        const incoming = { zoneId, source, octets, replaced }
        const admission = admit(incoming, sources, sources.usage, limits, () => false)
        if (admission.kind === 'refused') {
          expect(replaced).toBeUndefined()
          continue
        }
        sources.set(source, zoneId, octets, number === 0)
        owners.set(zoneId, source)
        for (const evicted of admission.evicted) {
          const loser = owners.get(evicted) ?? ''
          // Before it gives, it has more than the newcomer will have after.
          if (loser !== source) expect(share(loser)).toBeGreaterThan(share(source))
          sources.delete(loser, evicted)
          owners.delete(evicted)
        }
        for (const one of new Set(owners.values()))
          expect(share(one)).toBeLessThanOrEqual(limits.share + 1e-9)
        const { zones, octets: all } = sources.usage
        expect(zones).toBe(owners.size)
        expect(zones).toBeLessThanOrEqual(limits.zones)
        expect(all).toBeLessThanOrEqual(limits.octets)
      }
    }),
    { numRuns: 200 },
  )
})

test('of a source, what others have brought as well goes last', () => {
  const kept = {
    a: [
      ['a1', 10, true],
      ['a2', 10],
      ['a3', 10, true],
      ['a4', 10],
    ],
    b: few('b', 4),
    c: few('c', 2),
  } as const
  expect(decide(kept, { from: 'd' })).toBe('kept, without a2')
  expect(decide(kept, { from: 'a', zone: 'a1', octets: 395, replaced: 10 })).toBe(
    'kept, without a2, without a4, without a3',
  )
})

test('a put that finds no room costs little, however many sources there are', () => {
  const many: KeepLimits = { zones: 100_000, octets: 2 ** 28, share: 0.1 }
  const sources = new KeptSources<ZoneId>(many)
  for (let at = 0; at < 100_000; at++) sources.set(`source ${at}`, `zone ${at}` as ZoneId, 400, false)
  const asked: string[] = []
  const counting = {
    get: (source: string) => {
      asked.push(source)
      return sources.get(source)
    },
    heaviestFirst: () => sources.heaviestFirst(),
  }
  const incoming = { zoneId: 'new' as ZoneId, source: 'new', octets: 400, replaced: undefined }
  expect(admit(incoming, counting, sources.usage, many, () => false)).toMatchObject({ reason: 'full' })
  expect(asked.length).toBeLessThan(10)
})
