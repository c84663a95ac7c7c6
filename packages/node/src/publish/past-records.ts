import { type Zone, type ZoneId, decodeZone } from '@signpost/core'
import { SignpostError } from '@signpost/dns'
import type { PastRecord } from './client.ts'
import type { Store } from '../store/store.ts'

/** The versions of an own zone, oldest first. */
export async function pastRecords(store: Store, zoneId: ZoneId): Promise<PastRecord[]> {
  const history = await store.history(zoneId)
  if (history.length === 0) return []
  const publications = new Map(
    (await store.publications(zoneId)).map(publication => [publication.sequence, publication]),
  )
  return history.map(record => {
    const publication = publications.get(record.sequence)
    const draft = publication?.draft
    return {
      record,
      publishedHere: publication !== undefined,
      stood: publication?.stood === true,
      ...(draft && { draft: draftOf(zoneId, draft) }),
    }
  })
}

// Without the draft that the disk has damaged, the record is taken for what its publisher had written.
function draftOf(zoneId: ZoneId, octets: Uint8Array): Zone | undefined {
  try {
    return decodeZone(zoneId, octets)
  } catch (error) {
    if (error instanceof SignpostError) return undefined
    throw error
  }
}
