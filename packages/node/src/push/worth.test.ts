import { type SignedRecord, type Verdict, compareRecords, verifyRecord } from '@signpost/core'
import { expect, test } from 'vitest'
import { DAY, MINUTE, NOW, createOwner } from '../engine.test-support.ts'
import { createSteppedVerifier } from '../verifier.test-support.ts'
import type { Reception } from './gossip.ts'
import { type Worth, receptionOf, worthOf } from './worth.ts'

const owner = createOwner()
const stranger = createOwner(2)
const [first, second, third] = [await owner.sign(1), await owner.sign(2), await owner.sign(3)]
const [smaller, greater] = [second, await owner.sign(2, { text: 'signed twice' })].sort(compareRecords) as [
  SignedRecord,
  SignedRecord,
]
const renewed = await owner.sign(2, { expiresAt: NOW + 60 * DAY })
const expired = await owner.sign(3, { expiresAt: NOW - MINUTE })
const forged = await stranger.sign(3)

const verdictOf = async ({ bytes }: SignedRecord): Promise<Verdict> =>
  verifyRecord(owner.zoneId, bytes, { verifier: createSteppedVerifier(), now: NOW })

test.each<[what: string, SignedRecord, SignedRecord | undefined, floor: number | undefined, Worth]>([
  ['the first record of a zone', first, undefined, undefined, 'news'],
  ['a newer one', third, second, 2, 'news'],
  ['the same sequence, valid for longer', renewed, second, 2, 'news'],
  ['the winner of two with one sequence', greater, smaller, 2, 'news'],
  ['the one that is held', second, second, 2, 'known'],
  ['the loser of two with one sequence', smaller, greater, 2, 'older'],
  ['an older one', first, second, 2, 'older'],
  ['one below the floor, where the record is lost', first, undefined, 2, 'older'],
  ['one below the floor, newer than what is held', second, first, 3, 'older'],
  ['the one at the floor, where the record is lost', second, undefined, 2, 'news'],
  ['a newer one that is over', expired, second, 2, 'expired'],
  ['what another key signed', forged, second, 2, 'invalid'],
])('%s', async (_what, record, held, floor, worth) => {
  expect(worthOf(await verdictOf(record), held, floor)).toBe(worth)
})

test.each<[Worth, first: Reception, again: Reception]>([
  ['news', 'accept', 'ignore'],
  ['known', 'accept', 'ignore'],
  ['older', 'ignore', 'ignore'],
  ['expired', 'ignore', 'ignore'],
  ['invalid', 'reject', 'reject'],
])('a message that is %s: %s, and once it was passed on: %s', (worth, first, again) => {
  expect(receptionOf(worth, false)).toBe(first)
  expect(receptionOf(worth, true)).toBe(again)
})
