import { setImmediate } from 'node:timers/promises'
import { Libp2pRecord } from '@libp2p/record'
import { decodeRecord, routingKeyOf } from '@signpost/core'
import { MemoryDatastore } from 'datastore-core'
import fc from 'fast-check'
import { Key } from 'interface-datastore'
import { base32 } from 'multiformats/bases/base32'
import { expect, test } from 'vitest'
import { MemoryStore } from '../store/memory-store.ts'
import { NOW, createOwner } from '../engine.test-support.ts'
import { drain } from '../traps/stock.test-support.ts'
import { TOLD_PROVIDERS } from './guarded-datastore.ts'
import { HOUR, STALE, key, keyOf, owner, recordOf, setUp, sign, wrap } from './guard.test-support.ts'

test('a newer record replaces an older one, and never the other way round', async () => {
  const { put, sequence } = setUp()
  await put(recordOf(1))
  await put(recordOf(3))

  await expect(put(recordOf(2))).rejects.toMatchObject({ ...STALE, sequence: 2, current: 3 })

  expect(await sequence()).toBe(3)
})

test('whatever the order of puts, alone or all at once, the newest is kept', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      async (sequences, atOnce) => {
        const { put, sequence } = setUp()
        const puts = sequences.map(one => () => put(recordOf(one)).catch(() => {}))
        if (atOnce) await Promise.all(puts.map(run => run()))
        else for (const run of puts) await run()
        expect(await sequence()).toBe(Math.max(...sequences))
      },
    ),
    { numRuns: 30 },
  )
})

test('batches and streams of puts go the same way', async () => {
  const { guard, put, sequence } = setUp()
  await put(recordOf(2))
  const old = { key, value: wrap(recordOf(1).bytes) }

  const batch = guard.batch()
  batch.put(old.key, old.value)
  await expect(batch.commit()).rejects.toMatchObject(STALE)
  await expect(drain(guard.putMany([old]) as AsyncGenerator)).rejects.toMatchObject(STALE)

  expect(await sequence()).toBe(2)
})

test('the same record again refreshes the time of receipt, and keeps the octets that are there', async () => {
  const { clock, guard, inner, put } = setUp()
  await put(recordOf(1))
  clock.now += HOUR
  // Field 99 of the envelope, which the signature does not cover.
  const padded = Uint8Array.of(...recordOf(1).bytes, 0x9a, 0x06, 0x01, 0xff)

  await guard.put(key, wrap(padded))

  const kept = Libp2pRecord.deserialize(await inner.get(key))
  expect(kept.timeReceived.getTime()).toBe(NOW + HOUR)
  expect(Buffer.compare(kept.value, recordOf(1).bytes)).toBe(0)
})

test('of two records with one sequence the same one wins in either order', async () => {
  const one = await sign(7, HOUR, 'one')
  const other = await sign(7, HOUR, 'other')
  const kept: (Uint8Array | undefined)[] = []
  for (const order of [
    [one, other],
    [other, one],
  ]) {
    const { guard, put } = setUp()
    for (const record of order) await put(record).catch(() => {})
    kept.push(await guard.held(owner.zoneId))
  }

  expect(kept[0]).toEqual(kept[1])
})

test('a record whose validity is over still keeps older ones out', async () => {
  const { clock, put, sequence } = setUp()
  await put(await sign(2, HOUR))
  clock.now += 2 * HOUR

  await expect(put(await sign(1, 24 * HOUR))).rejects.toMatchObject(STALE)

  expect(await sequence()).toBe(2)
})

test('a deleted record leaves its floor behind', async () => {
  const { guard, put, sequence } = setUp()
  await put(recordOf(2))
  // kad-dht deletes what nobody put again for 48 hours.
  await guard.delete(key)
  expect(await sequence()).toBeUndefined()

  await expect(put(recordOf(1))).rejects.toMatchObject({ ...STALE, current: 2 })
  await put(recordOf(2))
  expect(await sequence()).toBe(2)
})

test('octets that the owner did not sign, or not for now, are refused', async () => {
  const { guard, clock } = setUp()
  const stranger = await createOwner(2).sign(1, { expiresAt: NOW + HOUR })
  const forged = Uint8Array.from(recordOf(1).bytes)
  forged[5] = (forged[5] ?? 0) ^ 1

  await expect(guard.put(key, wrap(Uint8Array.of(1, 2, 3)))).rejects.toMatchObject({
    code: 'MALFORMED_RECORD',
  })
  await expect(guard.put(key, wrap(stranger.bytes))).rejects.toMatchObject({ code: 'BAD_SIGNATURE' })
  await expect(guard.put(key, wrap(forged))).rejects.toMatchObject({ code: 'BAD_SIGNATURE' })
  await expect(guard.put(key, Uint8Array.of(0xff))).rejects.toBeInstanceOf(Error)
  clock.now = NOW + 48 * HOUR
  await expect(guard.put(key, wrap(recordOf(1).bytes))).rejects.toMatchObject({ code: 'RECORD_EXPIRED' })
  expect(await guard.has(key)).toBe(false)
})

test('what the store knows keeps older ones out and is served instead of them', async () => {
  const known = new MemoryStore()
  const { guard, put, sequence } = setUp({ known })
  await put(recordOf(1))

  await known.put(recordOf(3), { confirmedAt: NOW })

  expect(await sequence()).toBe(3)
  const served = Libp2pRecord.deserialize(await guard.get(key))
  expect(decodeRecord(owner.zoneId, served.value).sequence).toBe(3)
  await expect(put(recordOf(2))).rejects.toMatchObject({ ...STALE, current: 3 })
})

test('what the store knows of a zone that nobody put here is not told to anybody', async () => {
  const known = new MemoryStore()
  const { guard } = setUp({ known })
  await known.put(recordOf(1), { confirmedAt: NOW })

  await expect(guard.get(key)).rejects.toMatchObject({ name: 'NotFoundError' })
})

test('a record below the floor of the store is not served', async () => {
  const known = new MemoryStore()
  const { put, sequence } = setUp({ known })
  await put(recordOf(1))
  await known.put(recordOf(2), { confirmedAt: NOW })
  await known.discard(recordOf(2))

  expect(await sequence()).toBeUndefined()
})

test('a record that the disk damaged does not keep the owner out, whichever octet it is', async () => {
  const intact = wrap(recordOf(1).bytes)
  for (let at = 0; at < intact.length; at++) {
    const { inner, put, sequence } = setUp()
    const damaged = Uint8Array.from(intact)
    damaged[at] = (damaged[at] ?? 0) ^ 0x41
    await inner.put(key, damaged)

    await put(recordOf(2))

    expect(await sequence()).toBe(2)
  }
})

test('a damaged record with a higher sequence does not keep the owner out', async () => {
  const damaged = Uint8Array.from(recordOf(5).bytes)
  // An octet of the signature: all else says sequence 5.
  damaged[5] = (damaged[5] ?? 0) ^ 1
  expect(decodeRecord(owner.zoneId, damaged).sequence).toBe(5)
  for (const deleted of [false, true]) {
    const { guard, inner, put, sequence } = setUp()
    await inner.put(key, wrap(damaged))
    if (deleted) await guard.delete(key)

    await put(recordOf(2))

    expect(await sequence()).toBe(2)
  }
})

// The signature of the second is wrong, and all else says sequence 5.
const damages = [
  Uint8Array.of(1, 2, 3),
  wrap(recordOf(5).bytes.map((octet, at) => (at === 5 ? octet ^ 1 : octet))),
]

test.each(damages)(
  'a record that the disk damaged leaves its floor, whether or not it is deleted',
  async damaged => {
    for (const deleted of [false, true]) {
      const { guard, inner, put } = setUp()
      await put(recordOf(3))
      await inner.put(key, damaged)
      if (deleted) await guard.delete(key)

      await expect(put(recordOf(2))).rejects.toMatchObject({ ...STALE, current: 3 })
    }
  },
)

test.each(damages)(
  'what the disk damaged is given to nobody, but what the store has instead',
  async damaged => {
    const known = new MemoryStore()
    const { inner, put, sequence } = setUp({ known })
    await put(recordOf(3))
    await inner.put(key, damaged)
    expect(await sequence()).toBeUndefined()

    await known.put(recordOf(3), { confirmedAt: NOW })
    expect(await sequence()).toBe(3)
  },
)

test('every authentic record that is put is told of, also one that loses', async () => {
  const told: number[] = []
  const { put } = setUp({ onRecord: ({ sequence }) => told.push(sequence) })
  await put(recordOf(2))
  await put(recordOf(1)).catch(() => {})

  expect(told).toEqual([2, 1])
})

test('all that is no record goes through untouched', async () => {
  const { guard, inner } = setUp()
  const provider = new Key('/dht/provider/abc')
  await guard.put(provider, Uint8Array.of(1))
  expect(await inner.get(provider)).toEqual(Uint8Array.of(1))
  expect(await guard.get(provider)).toEqual(Uint8Array.of(1))
  await guard.delete(provider)
  expect(await guard.has(provider)).toBe(false)
})

test('what peers announce is counted, and what this node itself announces is not', async () => {
  const asking: { source: string | undefined } = { source: 'a' }
  const { guard } = setUp({ source: () => asking.source })
  const announce = async (name: string) => guard.put(new Key(`/dht/provider/${name}`), Uint8Array.of(1))
  await announce('abc')
  await expect(announce('a'.repeat(1_000))).rejects.toMatchObject({ code: 'MALFORMED_RECORD' })
  asking.source = undefined
  await announce('a'.repeat(1_000))
})

test.each(['/ipns/0123456789', '/pk/0123456789'])(
  '%s, which names no Ed25519 key, is refused',
  async name => {
    const { guard } = setUp()
    const routingKey = new TextEncoder().encode(name)

    await expect(guard.put(keyOf(routingKey), wrap(recordOf(1).bytes, routingKey))).rejects.toMatchObject({
      code: 'MALFORMED_RECORD',
    })
  },
)

test('kad-dht names records as this test does', () => {
  expect(key.toString()).toBe(`/dht/record/${base32.baseEncode(routingKeyOf(owner.zoneId))}`)
})

function announcement(at: number): Key {
  return new Key(`/dht/provider/abc/${String(at).padStart(6, '0')}`)
}

test('an announcement that goes for another is deleted, and one that kad-dht deletes makes room', async () => {
  const asking = { source: '' }
  const { guard } = setUp({ source: () => asking.source })
  for (let at = 0; at < 100_000; at++) {
    asking.source = `source ${Math.floor(at / 10_000)}`
    await guard.put(announcement(at), Uint8Array.of(1))
  }
  asking.source = 'late'
  await guard.put(announcement(100_000), Uint8Array.of(1))

  const kept = async (ats: readonly number[]): Promise<boolean[]> =>
    Promise.all(ats.map(async at => guard.has(announcement(at))))
  const first = Array.from({ length: 10 }, (_, source) => source * 10_000)
  expect((await kept(first)).filter(isKept => !isKept)).toHaveLength(1)

  await guard.delete(announcement(5))
  await guard.put(announcement(100_001), Uint8Array.of(1))
  expect((await kept(first)).filter(isKept => !isKept)).toHaveLength(1)
})

test('of those who provide one content a hundred are read, and all where old ones are looked for', async () => {
  const { guard } = setUp()
  for (let at = 0; at < 150; at++) await guard.put(new Key(`/dht/provider/abc/${at}`), Uint8Array.of(1))
  const count = async (prefix: string): Promise<number> => {
    let found = 0
    for await (const _ of guard.query({ prefix })) found++
    return found
  }
  expect(await count('/dht/provider/abc')).toBe(TOLD_PROVIDERS)
  expect(await count('/dht/provider')).toBe(150)
})

test('a peer that asks while a record is replaced is told the one before or the one after', async () => {
  class Slow extends MemoryDatastore {
    gate: Promise<void> | undefined

    override get(key: Key): Uint8Array | Promise<Uint8Array> {
      const value = super.get(key)
      // As a disk has it: what is read is of the time when it was asked for.
      return this.gate === undefined ? value : this.gate.then(() => value)
    }
  }
  const inner = new Slow()
  const { guard, put } = setUp({}, inner)
  await put(recordOf(1))
  const { promise, resolve } = Promise.withResolvers<void>()
  inner.gate = promise
  const reading = guard.get(key)
  await setImmediate()
  inner.gate = undefined
  const replacing = put(recordOf(2))
  await setImmediate()
  resolve()

  expect(decodeRecord(owner.zoneId, Libp2pRecord.deserialize(await reading).value).sequence).toBe(1)
  await replacing
})
