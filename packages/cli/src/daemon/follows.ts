import type { FollowedZone } from '@signpost/node'
import { fieldsOf, listOf, readNumber, readStored, readZoneId, writeStored } from './codec.ts'
import type { Json } from './transport.ts'

// Followed zones, to JSON and back.

export function writeFollows(follows: readonly FollowedZone[]): Json {
  return follows.map(({ zoneId, since, stored }) => ({
    zoneId,
    since,
    stored: stored && writeStored(stored),
  }))
}

/** @throws DaemonProtocolError */
export function readFollows(result: Json): FollowedZone[] {
  return listOf(result).map(followed => {
    const { zoneId: text, since, stored } = fieldsOf(followed)
    const zoneId = readZoneId(text)
    return {
      zoneId,
      since: readNumber(since),
      stored: stored === undefined ? undefined : readStored(zoneId, stored),
    }
  })
}
