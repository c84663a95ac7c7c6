import { expect, test } from 'vitest'
import { descentOf, digestOf } from './descent.ts'
import { a, signed, zoneWith } from './record.test-support.ts'

const first = await signed({ sequence: 1 })
const second = await signed({ sequence: 2, previous: first })
const third = await signed({ sequence: 3, previous: second })
const rival = await signed({ sequence: 2, previous: first, content: zoneWith(a('rival')) })
const rivalThird = await signed({ sequence: 3, previous: rival })

test('a record says the digest of the one that it replaces', () => {
  expect(second.previous).toEqual(digestOf(first))
  expect(digestOf(first)).toHaveLength(32)
})

test('a record descends from itself, from what it replaced, and from what that replaced', () => {
  expect(descentOf(first, first)).toBe('descends')
  expect(descentOf(second, first)).toBe('descends')
  expect(descentOf(third, first, [second])).toBe('descends')
})

test('it does not descend from what came later, nor from a rival', () => {
  expect(descentOf(first, second)).toBe('forked')
  expect(descentOf(second, rival)).toBe('forked')
  expect(descentOf(rivalThird, second)).toBe('forked')
  expect(descentOf(rivalThird, second, [first, second, rival])).toBe('forked')
})

test('where a record between the two is not at hand, nothing can be said', () => {
  expect(descentOf(third, first)).toBe('unknown')
  expect(descentOf(rivalThird, first, [second])).toBe('unknown')
})

test('a record that names none before it may descend from anything below it', async () => {
  const lone = await signed({ sequence: 2 })
  expect(descentOf(lone, first)).toBe('unknown')
  expect(descentOf(lone, second)).toBe('forked')
})

test('a fork further back shows where the records between are known', async () => {
  const fourth = await signed({ sequence: 4, previous: rivalThird })
  expect(descentOf(fourth, second)).toBe('unknown')
  expect(descentOf(fourth, second, [rivalThird])).toBe('forked')
  expect(descentOf(fourth, first, [rival, rivalThird])).toBe('descends')
})
