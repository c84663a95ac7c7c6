import type { FollowedZone } from '@signpost/node'
import { expect, test } from 'vitest'
import { owner, signedZone } from '../zones.test-support.ts'
import { readFollows, writeFollows } from './follows.ts'
import type { Json } from './transport.ts'

const one = owner(1)

test('followed zones come over as they are, also one whose record nobody has confirmed', async () => {
  const record = await signedZone(one, 'www A 192.0.2.1\n')
  const follows: FollowedZone[] = [
    { zoneId: one.zoneId, since: 1, stored: { record, confirmedAt: 1_700_000_000_000 } },
    { zoneId: one.zoneId, since: 2, stored: { record, confirmedAt: undefined } },
    { zoneId: owner(2).zoneId, since: 3, stored: undefined },
  ]
  expect(readFollows(JSON.parse(JSON.stringify(writeFollows(follows))) as Json)).toEqual(follows)
})
