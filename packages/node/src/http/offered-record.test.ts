import { MemoryDatastore } from 'datastore-core'
import { decodeRecord } from '@signpost/core'
import { expect, test } from 'vitest'
import type { KeepLimits } from '../dht/admission.ts'
import { GuardedDatastore } from '../dht/guarded-datastore.ts'
import { NOW, createOwner } from '../engine.test-support.ts'
import type { Refusal } from '../refusals.ts'
import { type Holder, MemoryNetwork } from '../routing/memory-routing.ts'
import { createSteppedVerifier } from '../verifier.test-support.ts'
import { type OfferNetwork, type Offered, offerRecord } from './offered-record.ts'

const owner = createOwner()
const { zoneId, routingKey } = owner
const [first, second] = [await owner.sign(1), await owner.sign(2)]

interface TestNetwork extends OfferNetwork {
  readonly guard: GuardedDatastore
  readonly holder: Holder
}

function createNetwork(keep: Partial<KeepLimits> = {}): TestNetwork {
  const network = new MemoryNetwork()
  const guard = new GuardedDatastore(new MemoryDatastore(), {
    prefix: '/dht',
    verifier: createSteppedVerifier(),
    now: () => NOW,
    keep,
  })
  return { guard, routing: network.routing(), holder: network.add() }
}

const full: Partial<KeepLimits> = { zones: 1, share: 0.5 }

function offer(
  networks: readonly TestNetwork[],
  record: Uint8Array,
  onRefused?: (refusal: Refusal) => void,
): Promise<Offered> {
  const { signal } = new AbortController()
  return offerRecord(networks, zoneId, record, { source: 'client', signal, ...(onRefused && { onRefused }) })
}

/** The sequences that the guard has and that its peer has, undefined for none. */
async function heldIn({ guard, holder }: TestNetwork): Promise<(number | undefined)[]> {
  const held = [await guard.held(zoneId), holder.held(routingKey)]
  return held.map(value => value && decodeRecord(zoneId, value).sequence)
}

test('a record goes into every network', async () => {
  const networks = [createNetwork(), createNetwork()]
  expect(await offer(networks, first.bytes)).toEqual({ kind: 'taken', acks: 2, asked: 2 })
  expect(await Promise.all(networks.map(heldIn))).toEqual([
    [1, 1],
    [1, 1],
  ])
})

test.each([0, 1])(
  'where network %d has no room, the other one takes it and gives it to its peers',
  async at => {
    const networks = [0, 1].map(other => createNetwork(other === at ? full : {}))
    const refused: Refusal[] = []
    const offered = await offer(networks, first.bytes, refusal => refused.push(refusal))
    expect(offered).toEqual({ kind: 'taken', acks: 1, asked: 1 })
    expect(refused).toEqual([])
    expect(await heldIn(networks[at]!)).toEqual([undefined, undefined])
    expect(await heldIn(networks[1 - at]!)).toEqual([1, 1])
  },
)

test('where none has room it is refused', async () => {
  const refused: Refusal[] = []
  const networks = [createNetwork(full), createNetwork(full)]
  const offered = await offer(networks, first.bytes, refusal => refused.push(refusal))
  expect(offered).toMatchObject({ kind: 'no-room' })
  expect(refused).toMatchObject([{ zoneId, peer: 'client', way: 'put', reason: 'room' }])
})

test.each([0, 1])('what network %d knows to be old gets into neither of them', async at => {
  const networks = [createNetwork(), createNetwork()]
  await networks[at]!.guard.offer(zoneId, second.bytes, 'another')
  expect(await offer(networks, first.bytes)).toEqual({ kind: 'older', current: 2 })
  expect(await heldIn(networks[1 - at]!)).toEqual([undefined, undefined])
})

test('what is known in one network may be put again, and comes into the other one', async () => {
  const networks = [createNetwork(), createNetwork()]
  await networks[0]!.guard.offer(zoneId, first.bytes, 'another')
  expect(await offer(networks, first.bytes)).toMatchObject({ kind: 'taken', acks: 2 })
})

test('what is no record gets into none', async () => {
  const networks = [createNetwork(), createNetwork()]
  const forged = Uint8Array.from(first.bytes, (octet, at) => (at === 10 ? octet ^ 1 : octet))
  for (const record of [new Uint8Array(10), forged])
    expect(await offer(networks, record)).toMatchObject({ kind: 'invalid' })
  expect(await heldIn(networks[0]!)).toEqual([undefined, undefined])
})

test('a network whose disk fails is a failure, and no refusal', async () => {
  const broken = createNetwork()
  broken.guard.offer = () => Promise.reject(new Error('no disk'))
  await expect(offer([createNetwork(), broken], first.bytes)).rejects.toThrow('no disk')
})
