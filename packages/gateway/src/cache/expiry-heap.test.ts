import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ExpiryHeap, type ExpirySlot } from './expiry-heap.ts'

test('whatever is added, moved and removed, the first slot is the one that is spent first', () => {
  const step = fc.record({
    kind: fc.constantFrom('add', 'add', 'move', 'remove', 'remove first'),
    which: fc.nat(),
    spentAt: fc.integer({ min: 0, max: 30 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), steps => {
      const heap = new ExpiryHeap<ExpirySlot>()
      const held: ExpirySlot[] = []
      for (const { kind, which, spentAt } of steps) {
        const at = which % Math.max(1, held.length)
        const slot = held[at]
        if (kind === 'add') {
          const added = { spentAt, place: -1 }
          held.push(added)
          heap.add(added)
        } else if (slot !== undefined && kind === 'move') {
          heap.move(slot, spentAt)
        } else if (slot !== undefined) {
          const removed = kind === 'remove' ? slot : heap.first!
          held.splice(held.indexOf(removed), 1)
          heap.remove(removed)
        }
        const least = held.reduce((sum, { spentAt }) => Math.min(sum, spentAt), Infinity)
        expect(heap.first?.spentAt ?? Infinity).toBe(least)
      }
    }),
  )
})
