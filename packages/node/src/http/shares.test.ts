import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Shares } from './shares.ts'

test('one source has a quarter at a time, and the others have theirs', () => {
  const shares = new Shares(8)
  const releases = [shares.take('a'), shares.take('a')]
  expect(shares.take('a')).toBeUndefined()
  expect(shares.take('b')).toBeDefined()
  releases[0]?.()
  releases[0]?.()
  expect(shares.take('a')).toBeDefined()
  expect(shares.take('a')).toBeUndefined()
})

test('all together have no more than there is', () => {
  const shares = new Shares(8)
  const taken = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap(source => [shares.take(source), shares.take(source)])
  expect(taken.filter(release => release !== undefined)).toHaveLength(8)
  taken[0]?.()
  expect(shares.take('f')).toBeDefined()
})

test('whatever is given back in whatever order can be had again', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean(), fc.nat(20))), steps => {
      const shares = new Shares(4)
      const held: (() => void)[] = []
      for (const [source, takes, at] of steps) {
        const release = takes ? shares.take(source) : undefined
        if (release !== undefined) held.push(release)
        if (!takes && held.length > 0) held.splice(at % held.length, 1)[0]?.()
        expect(held.length).toBeLessThanOrEqual(3)
      }
      for (const release of held) release()
      expect(['a', 'b', 'c', 'd', 'e'].filter(source => shares.take(source) !== undefined)).toHaveLength(4)
    }),
  )
})
