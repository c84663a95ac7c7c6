import { parseZoneId, zoneIdOfRoutingKey } from '@signpost/core'
import { expect, test } from 'vitest'
import { topicOf } from './topic.ts'

const zoneId = parseZoneId('k51qzi5uqu5dljtg5upm7x7ugan9lql3ewyknv4r4mhhkwzn8n7cnbd1unfwgq')

test('the topic of a zone is the one that IPFS nodes use', () => {
  const topic = topicOf(zoneId)
  expect(topic).toMatch(/^\/record\/L2lwbnMvACQIARIg[\w-]{43}$/)
  const key = Buffer.from(topic.slice('/record/'.length), 'base64url')
  expect(zoneIdOfRoutingKey(key)).toBe(zoneId)
})
