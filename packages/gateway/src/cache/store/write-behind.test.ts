import { parseName, parseZoneFile } from '@signpost/dns'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { limitsWith } from '../../limits.ts'
import { type Found, type Outcome, fromUpstream } from '../../outcome.ts'
import { idOf } from '../../zones.test-support.ts'
import { type Entry, entryOf } from '../entry.ts'
import { questionOfKey } from '../key.ts'
import type { AnswerStore, Change } from './answer-store.ts'
import { ENTRY_ENCODING, decodeEntry } from './entry-codec.ts'
import { WriteBehind } from './write-behind.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const answers = parseZoneFile('www.example. 300 IN A 192.0.2.1\n')
const ordinary: Found = {
  kind: 'answer',
  answers,
  authorities: [],
  provenance: { ...fromUpstream, origin: 7 },
  age: 0,
}
const entry = (storedAt = 0, outcome: Outcome = ordinary): Entry =>
  entryOf(outcome, 300, storedAt, limitsWith())

const keyOf = (label: string): string => `0 1 ${parseName(`${label}.example.`).key}`
const labelOf = (key: string): string => questionOfKey(key).name.toString().replace('.example.', '')

/** A store in memory that can be told to fail, and to take its time. */
class MemoryAnswerStore implements AnswerStore {
  readonly held = new Map<string, Uint8Array>()
  readonly batches: string[][] = []
  failing = false
  gate: Promise<void> | undefined
  closed = false

  async *slices(): AsyncGenerator<never> {}

  async write(changes: readonly Change[]): Promise<void> {
    await this.gate
    if (this.failing) throw new Error('no space left')
    this.batches.push(
      changes.map(({ key, octets }) => (octets === undefined ? `-${labelOf(key)}` : `+${labelOf(key)}`)),
    )
    for (const { key, octets } of changes)
      if (octets === undefined) this.held.delete(labelOf(key))
      else this.held.set(labelOf(key), octets)
  }

  async setAside(): Promise<string> {
    return ''
  }

  async close(): Promise<void> {
    this.closed = true
  }
}

function start() {
  const store = new MemoryAnswerStore()
  const health: unknown[] = []
  const behind = new WriteBehind({
    store,
    encoding: ENTRY_ENCODING,
    onHealth: error => health.push(error),
  })
  return { store, health, behind }
}

test('what changes within a second is written in one batch, and only what is still there', async () => {
  const { store, behind } = start()
  behind.stored(keyOf('a'), entry(1))
  behind.stored(keyOf('b'), entry())
  behind.stored(keyOf('gone'), entry())
  behind.stored(keyOf('a'), entry(2))
  behind.removed(keyOf('gone'))
  await vi.advanceTimersByTimeAsync(999)
  expect(store.batches).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(store.batches).toEqual([['+a', '+b']])
  expect(decodeEntry(keyOf('a'), store.held.get('a')!)).toMatchObject({
    storedAt: 2,
    found: { provenance: { origin: 7 } },
  })
  expect(behind.size).toBe(2)
  expect(behind.savedOctets).toBe(store.held.get('a')!.length + store.held.get('b')!.length)
  behind.removed(keyOf('a'))
  await vi.advanceTimersByTimeAsync(1000)
  expect(store.batches.slice(1)).toEqual([['-a']])
  expect(behind.savedOctets).toBe(store.held.get('b')!.length)
})

test('what is no forwarded answer is not written', async () => {
  const { store, behind } = start()
  behind.stored(keyOf('failed'), entry(0, { kind: 'upstream-failed', text: '' }))
  behind.stored(
    'zone',
    entry(0, { ...ordinary, provenance: { source: 'zone', verified: true, stale: false, zones: [idOf(1)] } }),
  )
  behind.stored(
    keyOf('from-zone'),
    entry(0, { ...ordinary, provenance: { ...fromUpstream, zones: [idOf(1)] } }),
  )
  await vi.advanceTimersByTimeAsync(10_000)
  expect(store.batches).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})

test('nothing waits for a timer where nothing changes', async () => {
  const { behind } = start()
  behind.removed(keyOf('never-stored'))
  expect(vi.getTimerCount()).toBe(0)
  behind.stored(keyOf('a'), entry())
  await vi.advanceTimersByTimeAsync(1000)
  expect(vi.getTimerCount()).toBe(0)
})

test('a flood is written in batches of a limited size', async () => {
  const { store, behind } = start()
  for (let n = 0; n < 5000; n++) behind.stored(keyOf(`k${n}`), entry())
  await vi.advanceTimersByTimeAsync(1000)
  await vi.waitFor(() => expect(store.batches.map(batch => batch.length)).toEqual([4096]))
  await vi.advanceTimersByTimeAsync(1000)
  await vi.waitFor(() => expect(store.batches.map(batch => batch.length)).toEqual([4096, 904]))
})

test('where writing fails it is tried again, ever later, with what is to be written by then; it is told once', async () => {
  const { store, health, behind } = start()
  store.failing = true
  behind.stored(keyOf('a'), entry(1))
  behind.stored(keyOf('b'), entry(1))
  await vi.advanceTimersByTimeAsync(1000)
  expect(health).toMatchObject([{ message: 'no space left' }])
  behind.stored(keyOf('a'), entry(2))
  behind.removed(keyOf('b'))
  await vi.advanceTimersByTimeAsync(2000 + 4000)
  expect(health).toHaveLength(1)
  store.failing = false
  await vi.advanceTimersByTimeAsync(7999)
  expect(store.batches).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  // What was to be written may have been, for all that is known.
  expect(store.batches).toEqual([['+a', '-b']])
  expect(decodeEntry(keyOf('a'), store.held.get('a')!)).toMatchObject({ storedAt: 2 })
  expect(health[1]).toBeUndefined()
  behind.stored(keyOf('c'), entry())
  await vi.advanceTimersByTimeAsync(1000)
  expect(store.batches).toHaveLength(2)
})

test('what goes while it is being written is deleted in the next batch', async () => {
  const { store, behind } = start()
  const gate = Promise.withResolvers<void>()
  store.gate = gate.promise
  behind.stored(keyOf('a'), entry())
  await vi.advanceTimersByTimeAsync(1000)
  behind.removed(keyOf('a'))
  gate.resolve()
  await vi.advanceTimersByTimeAsync(1000)
  expect(store.batches).toEqual([['+a'], ['-a']])
  expect(behind.size).toBe(0)
})

test('closing writes what is left, all of it, and nothing afterwards', async () => {
  const { store, behind } = start()
  for (let n = 0; n < 5000; n++) behind.stored(keyOf(`k${n}`), entry())
  vi.useRealTimers()
  await behind.close()
  expect(store.held.size).toBe(5000)
  behind.stored(keyOf('late'), entry())
  expect(store.held.has('late')).toBe(false)
})

test('closing ends where the store takes nothing', async () => {
  const { store, behind } = start()
  store.failing = true
  behind.stored(keyOf('a'), entry())
  await behind.close()
  expect(store.batches).toEqual([])
})

test('whatever comes, goes and fails, in the end the store has what is left', async () => {
  const step = fc.record({
    kind: fc.constantFrom('stored', 'stored', 'removed', 'wait', 'fail', 'work'),
    key: fc.constantFrom('a', 'b', 'c'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
      const { store, behind } = start()
      const live = new Map<string, number>()
      for (const [n, { kind, key }] of steps.entries()) {
        if (kind === 'stored') {
          // As the cache does, which takes the older one away first.
          if (live.has(key)) behind.removed(keyOf(key))
          live.set(key, n)
          behind.stored(keyOf(key), entry(n))
        } else if (kind === 'removed') {
          if (live.delete(key)) behind.removed(keyOf(key))
        } else if (kind === 'wait') await vi.advanceTimersByTimeAsync(700)
        else store.failing = kind === 'fail'
      }
      store.failing = false
      await behind.close()
      const held = [...store.held].map(([label, octets]) => [
        label,
        decodeEntry(keyOf(label), octets)?.storedAt,
      ])
      expect(new Map(held as [string, number][])).toEqual(live)
      expect(behind.size).toBe(live.size)
    }),
  )
})

test('what is of no use in the store is deleted, unless something newer was written in its place', async () => {
  const { store, behind } = start()
  behind.stored(keyOf('newer'), entry(2))
  await vi.advanceTimersByTimeAsync(1000)
  behind.discard(keyOf('newer'))
  behind.discard(keyOf('useless'))
  await vi.advanceTimersByTimeAsync(1000)
  expect(store.batches).toEqual([['+newer'], ['-useless']])
  expect(behind.size).toBe(1)
})
