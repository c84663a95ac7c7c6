import type { ZoneId } from '@signpost/core'
import type { PastRecord } from './client.ts'
import type { Store } from '../store/store.ts'

/** The versions of an own zone, oldest first. */
export async function pastRecords(store: Store, zoneId: ZoneId): Promise<PastRecord[]> {
  const history = await store.history(zoneId)
  if (history.length === 0) return []
  const here = new Set(await store.publishedHere(zoneId))
  return history.map(record => ({ record, publishedHere: here.has(record.sequence) }))
}
