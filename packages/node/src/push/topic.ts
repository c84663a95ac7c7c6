import { type ZoneId, routingKeyOf } from '@signpost/core'
import { base64url } from 'multiformats/bases/base64'

/** The topic in which news of a zone goes round, as the IPNS PubSub Router specification has it. */
export function topicOf(zoneId: ZoneId): string {
  return `/record/${base64url.baseEncode(routingKeyOf(zoneId))}`
}
