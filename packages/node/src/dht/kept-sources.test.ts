import fc from 'fast-check'
import { expect, test } from 'vitest'
import { weightOf } from './admission.ts'
import { KeptSources } from './kept-sources.ts'

const limits = { zones: 20, octets: 1_000, share: 0.5 }

test('whatever comes and goes, sources are counted, and the heaviest come first', () => {
  const step = fc.record({
    source: fc.constantFrom('a', 'b', 'c', 'd'),
    key: fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5'),
    octets: fc.nat(300),
    isShared: fc.boolean(),
    isGone: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const sources = new KeptSources<string>(limits)
      const expected = new Map<string, Map<string, { octets: number; isShared: boolean }>>()
      for (const { source, key, octets, isShared, isGone } of steps) {
        const its = expected.get(source) ?? new Map<string, { octets: number; isShared: boolean }>()
        expected.set(source, its)
        its.delete(key)
        if (isGone) sources.delete(source, key)
        else {
          sources.set(source, key, octets, isShared)
          its.set(key, { octets, isShared })
        }
        if (its.size === 0) expected.delete(source)
      }
      let zones = 0
      let octets = 0
      for (const [source, its] of expected) {
        const all = [...its]
        const inOrder = [...all.filter(([, one]) => !one.isShared), ...all.filter(([, one]) => one.isShared)]
        expect([...(sources.get(source) ?? [])]).toEqual(inOrder.map(([key, one]) => [key, one.octets]))
        zones += its.size
        octets += all.reduce((sum, [, one]) => sum + one.octets, 0)
      }
      expect(sources.usage).toEqual({ zones, octets, sources: expected.size })
      const order = [...sources.heaviestFirst()]
      expect([...order].sort()).toEqual([...expected.keys()].sort())
      const weights = order.map(source => weightOf(sources.get(source) ?? { zones: 0, octets: 0 }, limits))
      expect(weights).toEqual([...weights].sort((a, b) => b - a))
    }),
  )
})
