import { MemoryDatastore } from 'datastore-core'
import { expect, test } from 'vitest'
import { type Owner, NOW, createOwner } from '../engine.test-support.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { STALE, held, keyOf, putOf, setUp } from './guard.test-support.ts'

const others = [2, 3, 4, 5].map(seed => createOwner(seed))

/** Two zones at most, and one of one source. */
function setUpRoom(inner = new MemoryDatastore(), known = new MemoryStore()) {
  const asking: { source: string | undefined } = { source: undefined }
  const keep = { zones: 2, share: 0.5 }
  const { guard, clock } = setUp({ keep, known, source: () => asking.source }, inner)
  const from = async (source: string, of: Owner, sequence = 1): Promise<void> => {
    asking.source = source
    await putOf(guard, of, sequence).finally(() => {
      asking.source = undefined
    })
  }
  return { inner, known, guard, clock, from }
}

test('a source may fill its part, and then only renew what it has, also after a restart', async () => {
  const { inner, from } = setUpRoom()
  await from('a', others[0]!)
  await expect(from('a', others[1]!)).rejects.toMatchObject({ code: 'NO_ROOM', reason: 'source' })

  const restarted = setUpRoom(inner)
  await expect(restarted.from('a', others[1]!)).rejects.toMatchObject({ code: 'NO_ROOM', reason: 'source' })
  await restarted.from('a', others[0]!, 2)
  await restarted.from('b', others[1]!)

  expect(await held(restarted.guard, others)).toEqual([true, true, false, false])
})

test('with no room and nobody who has more, a further zone has to wait until one goes', async () => {
  const { guard, from } = setUpRoom()
  await from('a', others[0]!)
  await from('b', others[1]!)
  await expect(from('c', others[2]!)).rejects.toMatchObject({ code: 'NO_ROOM', reason: 'full' })
  await guard.delete(keyOf(others[0]!.routingKey))
  await from('c', others[2]!)
  expect(await held(guard, others)).toEqual([false, true, true, false])
})

test('what goes for another is deleted, and leaves its floor', async () => {
  const inner = new MemoryDatastore()
  const asking = { source: 'a' }
  const keep = { zones: 3, share: 1 }
  const { guard } = setUp({ keep, source: () => asking.source }, inner)
  for (const other of others.slice(0, 3)) await putOf(guard, other, 2)
  asking.source = 'b'
  await putOf(guard, others[3]!)

  expect(await held(guard, others)).toEqual([false, true, true, true])
  expect(await inner.has(keyOf(others[0]!.routingKey))).toBe(false)
  await expect(putOf(guard, others[0]!, 1)).rejects.toMatchObject({ ...STALE, current: 2 })
})

test('putting a zone again takes it over for nobody', async () => {
  const { guard, from } = setUpRoom()
  await from('a', others[0]!)
  await from('b', others[0]!)
  // Were it of b now, this would be too much for b, and not for a.
  await from('b', others[1]!)
  await expect(from('a', others[2]!)).rejects.toMatchObject({ reason: 'source' })
  expect(await held(guard, others)).toEqual([true, true, false, false])
})

test('own and followed zones take no room, are never refused and never go', async () => {
  const { guard, known, from } = setUpRoom()
  const [mine, followed, later] = [createOwner(10), createOwner(11), createOwner(12)]
  await known.put(await mine.sign(1), { confirmedAt: NOW, own: true })
  await known.follow(followed.zoneId, NOW)
  await from('a', mine)
  await from('a', followed)
  await from('a', later)
  await known.follow(later.zoneId, NOW)
  await from('b', others[0]!)
  await from('c', others[1]!).catch(() => {})
  await guard.hold(others[2]!.zoneId, (await others[2]!.sign(1)).bytes)

  expect(await held(guard, [mine, followed, later, others[0]!, others[2]!])).toEqual([
    true,
    true,
    true,
    true,
    true,
  ])
})

test('a put that the disk refuses takes no room', async () => {
  const { inner, from, guard } = setUpRoom()
  const write = inner.put.bind(inner)
  inner.put = () => {
    throw new Error('the disk is full')
  }
  await expect(from('a', others[0]!)).rejects.toThrow('the disk is full')
  inner.put = write

  await from('a', others[1]!)

  expect(await held(guard, others)).toEqual([false, true, false, false])
})

test('what should have gone for a put that the disk refuses counts as before', async () => {
  const inner = new MemoryDatastore()
  const asking = { source: 'a' }
  const { guard } = setUp({ keep: { zones: 3, share: 1 }, source: () => asking.source }, inner)
  for (const other of others.slice(0, 3)) await putOf(guard, other)
  asking.source = 'b'
  const write = inner.put.bind(inner)
  inner.put = () => {
    throw new Error('the disk is full')
  }
  await expect(putOf(guard, others[3]!)).rejects.toThrow('the disk is full')
  inner.put = write

  await putOf(guard, others[3]!)

  expect((await held(guard, others)).filter(isHeld => isHeld)).toHaveLength(3)
})

test('what goes for another leaves its floor, also where the disk has damaged it', async () => {
  const inner = new MemoryDatastore()
  const asking = { source: 'a' }
  const { guard } = setUp({ keep: { zones: 3, share: 1 }, source: () => asking.source }, inner)
  for (const other of others.slice(0, 3)) await putOf(guard, other, 2)
  await inner.put(keyOf(others[0]!.routingKey), Uint8Array.of(1, 2, 3))
  asking.source = 'b'
  await putOf(guard, others[3]!)

  await expect(putOf(guard, others[0]!, 1)).rejects.toMatchObject({ ...STALE, current: 2 })
})

test('reading what is kept is tried again where it failed', async () => {
  const { inner, from, guard } = setUpRoom()
  const query = inner.query.bind(inner)
  inner.query = () => {
    throw new Error('the disk is away')
  }
  await expect(from('a', others[0]!)).rejects.toThrow('the disk is away')
  inner.query = query

  await from('a', others[0]!)

  expect(await held(guard, others)).toEqual([true, false, false, false])
})

test('who brings an honest zone first does not decide when it goes', async () => {
  const asking = { source: '' }
  const inner = new MemoryDatastore()
  const keep = { zones: 4, share: 0.75 }
  const start = () => setUp({ keep, source: () => asking.source }, inner).guard
  const guard = start()
  const victim = createOwner(9)
  const from = async (source: string, owner: Owner, sequence = 1): Promise<void> => {
    asking.source = source
    await putOf(guard, owner, sequence)
  }
  await from('flood', victim)
  await from('owner', victim, 2)
  await from('flood', others[0]!)
  await from('flood', others[1]!)
  await from('another', others[2]!)
  await from('last', others[3]!)

  expect(await held(guard, [victim, ...others])).toEqual([true, false, true, true, true])
  // Also after a restart.
  asking.source = 'more'
  const again = start()
  await putOf(again, createOwner(6)).catch(() => undefined)
  expect(await held(again, [victim])).toEqual([true])
})

test('a flood from a few places leaves the zones that others keep putting alone', async () => {
  const asking = { source: '' }
  const keep = { zones: 40, share: 0.5 }
  const { guard } = setUp({ keep, source: () => asking.source })
  const honest = Array.from({ length: 8 }, (_, at) => createOwner(20 + at))
  for (const [at, each] of honest.slice(0, 4).entries()) {
    asking.source = `honest ${at}`
    await putOf(guard, each)
  }
  for (let at = 0; at < 200; at++) {
    asking.source = `flood ${at % 3}`
    await putOf(guard, createOwner(100 + at)).catch(() => {})
  }
  // Others come while the flood goes on.
  for (const [at, each] of honest.slice(4).entries()) {
    asking.source = `honest ${4 + at}`
    await putOf(guard, each)
    asking.source = `flood ${at % 3}`
    await putOf(guard, createOwner(300 + at)).catch(() => {})
  }
  expect(await held(guard, honest)).toEqual(honest.map(() => true))
})
