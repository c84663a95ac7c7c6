// A guarded datastore over memory, and an owner whose records are put to it.
import { Libp2pRecord } from '@libp2p/record'
import { type SignedRecord, decodeRecord } from '@signpost/core'
import { MemoryDatastore } from 'datastore-core'
import { type Datastore, Key } from 'interface-datastore'
import { base32 } from 'multiformats/bases/base32'
import { type Owner, NOW, createOwner } from '../engine.test-support.ts'
import { createSteppedVerifier } from '../verifier.test-support.ts'
import { GuardedDatastore, type GuardOptions } from './guarded-datastore.ts'

export const HOUR = 3_600_000

export const owner: Owner = createOwner()
export const key: Key = keyOf(owner.routingKey)
const records = await Promise.all([1, 2, 3, 4, 5].map(sequence => sign(sequence)))

export function keyOf(routingKey: Uint8Array): Key {
  return new Key(`/dht/record/${base32.encode(routingKey).slice(1)}`)
}

export async function sign(sequence: number, validFor = 24 * HOUR, text?: string): Promise<SignedRecord> {
  return owner.sign(sequence, { expiresAt: NOW + validFor, ...(text !== undefined && { text }) })
}

export function recordOf(sequence: number): SignedRecord {
  const record = records[sequence - 1]
  if (record === undefined) throw new RangeError('no such record')
  return record
}

export function wrap(value: Uint8Array, routingKey = owner.routingKey): Uint8Array {
  return new Libp2pRecord(routingKey, value, new Date(0)).serialize()
}

export interface Guarded {
  readonly clock: { now: number }
  readonly inner: Datastore
  readonly guard: GuardedDatastore
  /** Puts a record of the owner's, as kad-dht does for a peer. */
  readonly put: (record: SignedRecord) => Promise<void>
  /** Of what the guard holds of the owner's. */
  readonly sequence: () => Promise<number | undefined>
}

export function setUp(
  options: Partial<GuardOptions> = {},
  inner: Datastore = new MemoryDatastore(),
): Guarded {
  const clock = { now: NOW }
  const guard = new GuardedDatastore(inner, {
    prefix: '/dht',
    verifier: createSteppedVerifier(),
    now: () => clock.now,
    ...options,
  })
  const put = async (record: SignedRecord): Promise<void> => {
    await guard.put(key, wrap(record.bytes))
  }
  const sequence = async (): Promise<number | undefined> => {
    const held = await guard.held(owner.zoneId)
    return held && decodeRecord(owner.zoneId, held).sequence
  }
  return { clock, inner, guard, put, sequence }
}

/** Puts a record of any owner's. */
export async function putOf(guard: GuardedDatastore, of: Owner, sequence = 1): Promise<void> {
  await guard.put(keyOf(of.routingKey), wrap((await of.sign(sequence)).bytes, of.routingKey))
}

/** Of which of the zones a guard keeps a record. */
export async function held(guard: GuardedDatastore, owners: readonly Owner[]): Promise<boolean[]> {
  return Promise.all(owners.map(async ({ zoneId }) => (await guard.held(zoneId)) !== undefined))
}

export const STALE: { readonly code: string } = { code: 'STALE_SEQUENCE' }
