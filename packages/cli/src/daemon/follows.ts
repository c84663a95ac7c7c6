import type { FollowedZone } from '@signpost/node'
import { base64, fieldsOf, listOf, readNumber, readRecord, readZoneId } from './codec.ts'
import type { Json } from './transport.ts'

// Followed zones, to JSON and back.

export function writeFollows(follows: readonly FollowedZone[]): Json {
  return follows.map(({ zoneId, since, stored }) => ({
    zoneId,
    since,
    stored: stored && { record: base64(stored.record.bytes), confirmedAt: stored.confirmedAt },
  }))
}

/** @throws DaemonProtocolError */
export function readFollows(result: Json): FollowedZone[] {
  return listOf(result).map(followed => {
    const { zoneId: text, since, stored } = fieldsOf(followed)
    const zoneId = readZoneId(text)
    if (stored === undefined) return { zoneId, since: readNumber(since), stored }
    const { record, confirmedAt } = fieldsOf(stored)
    return {
      zoneId,
      since: readNumber(since),
      stored: { record: readRecord(zoneId, record), confirmedAt: readNumber(confirmedAt) },
    }
  })
}
