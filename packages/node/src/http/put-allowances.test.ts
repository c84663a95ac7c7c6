import { MalformedRecordError } from '@signpost/core'
import { expect, test } from 'vitest'
import type { Offered } from './offered-record.ts'
import { PutAllowances } from './put-allowances.ts'

const taken: Offered = { kind: 'taken', acks: 1, asked: 1 }
const older: Offered = { kind: 'older', current: 2 }
const invalid: Offered = { kind: 'invalid', error: new MalformedRecordError('noise') }

/** How many of a hundred records of one kind are let in. */
function letIn(allowances: PutAllowances, source: string, offered: Offered, now = 0): number {
  let count = 0
  for (let at = 0; at < 100; at++) {
    if (!allowances.take(source, now)) continue
    allowances.settle(source, offered, now)
    count++
  }
  return count
}

test('one source puts a quarter of all, at once and a second', () => {
  const allowances = new PutAllowances(200, 20, 0)
  expect(letIn(allowances, 'a', taken)).toBe(50)
  expect(letIn(allowances, 'a', taken, 1_000)).toBe(5)
  expect(letIn(allowances, 'b', taken, 1_000)).toBe(50)
})

test('a record that no owner signed costs its source as much as ten, and nobody else anything', () => {
  const allowances = new PutAllowances(200, 20, 0)
  expect(letIn(allowances, 'a', invalid)).toBe(5)
  expect(letIn(allowances, 'a', invalid, 1_000)).toBe(1)
  for (let at = 0; at < 100; at++) letIn(allowances, `flood-${at}`, invalid)
  expect(letIn(allowances, 'b', taken)).toBe(50)
})

test('in all only those count that are taken', () => {
  const allowances = new PutAllowances(200, 20, 0)
  for (let at = 0; at < 10; at++) expect(letIn(allowances, `late-${at}`, older)).toBe(50)
  for (let at = 0; at < 4; at++) expect(letIn(allowances, `owner-${at}`, taken)).toBe(50)
  expect(letIn(allowances, 'one more', taken)).toBe(0)
  expect(letIn(allowances, 'one more', taken, 1_000)).toBe(20)
})

test('of more sources than can be remembered the one is forgotten that was heard longest ago', () => {
  const allowances = new PutAllowances(8, 4, 0)
  expect(letIn(allowances, 'a', older)).toBe(2)
  for (let at = 0; at < 999; at++) letIn(allowances, `other-${at}`, older)
  expect(allowances.take('a', 0)).toBe(false)
  for (let at = 0; at < 999; at++) letIn(allowances, `further-${at}`, older)
  expect(allowances.take('a', 0)).toBe(false)
  for (let at = 0; at < 1_000; at++) letIn(allowances, `last-${at}`, older)
  expect(allowances.take('a', 0)).toBe(true)
})
