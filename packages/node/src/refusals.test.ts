import { type SignedRecord, verifyRecord } from '@signpost/core'
import { describe, expect, test } from 'vitest'
import { NoRoomError } from './dht/admission.ts'
import { NOW, createOwner } from './engine.test-support.ts'
import { StaleSequenceError } from './errors.ts'
import { badRecords } from './bad-records.test-support.ts'
import { RefusalCounter, reasonOf, refusedAnswer } from './refusals.ts'
import { judgeCandidate } from './resolve/candidates.ts'
import { createNodeVerifier } from './verifier.ts'

const owner = createOwner()
const { zoneId } = owner

async function answerOf(bytes: Uint8Array, floor = 0): Promise<string | undefined> {
  const verdict = await verifyRecord(zoneId, bytes, { verifier: createNodeVerifier(), now: NOW })
  return refusedAnswer(zoneId, 'peer', judgeCandidate(verdict, floor), floor)?.reason
}

describe('what is wrong with a record', async () => {
  test.each(await badRecords(owner))('$what: $reason', async ({ bytes, reason }) => {
    expect(await answerOf(bytes)).toBe(reason)
  })

  test('one that the owner has replaced is stale, and a good one is not refused', async () => {
    const record: SignedRecord = await owner.sign(2)
    expect(await answerOf(record.bytes, 3)).toBe('stale')
    expect(await answerOf(record.bytes, 2)).toBeUndefined()
  })

  test('errors that the DHT throws for a put say the same', () => {
    expect(reasonOf(new StaleSequenceError(zoneId, 1, 2))).toBe('stale')
    expect(reasonOf(new NoRoomError('full'))).toBe('room')
    expect(reasonOf(new RangeError('offset is out of range'))).toBe('malformed')
  })
})

test('refusals are counted by what was wrong', () => {
  const counter = new RefusalCounter()
  const error = new Error('no')
  for (const reason of ['stale', 'forged', 'stale'] as const)
    counter.add({ zoneId, peer: 'peer', way: 'put', reason, error })
  expect(counter.counts).toEqual({
    malformed: 0,
    empty: 0,
    forged: 1,
    expired: 0,
    oversized: 0,
    stale: 2,
    room: 0,
  })
})
