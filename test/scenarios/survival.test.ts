import { describe, expect, test } from 'vitest'
import { simulateSurvival } from '../../packages/node/src/follow/survival.test-support.ts'

const HOUR = 3_600_000
const network = { seed: 1, peers: 100, zones: 6, churn: 0.5 }
const lookups = [3, 24, 47, 50, 168].map(hours => hours * HOUR)

describe('publishers are gone, and half of all peers are replaced every day', () => {
  test('control: without a follower, zones are found for two days and then no more', async () => {
    const points = await simulateSurvival({ ...network, followedFor: 0, lookups })
    expect(points.map(({ resolvable }) => resolvable)).toEqual([1, 1, expect.any(Number), 0, 0])
    expect(points[2]!.resolvable).toBeGreaterThan(0.5)
  })

  test('with one follower that lives, every zone is found at any time', async () => {
    const points = await simulateSurvival({ ...network, followedFor: Infinity, lookups })
    expect(points.map(({ resolvable }) => resolvable)).toEqual([1, 1, 1, 1, 1])
  })

  test('a follower that leaves after a day gives two days more', async () => {
    const points = await simulateSurvival({
      ...network,
      followedFor: 24 * HOUR,
      lookups: [70 * HOUR, 74 * HOUR],
    })
    expect(points[0]!.resolvable).toBeGreaterThan(0.5)
    expect(points[1]!.resolvable).toBe(0)
  })

  test('the same seed gives the same course', async () => {
    const options = { ...network, zones: 4, followedFor: 0, lookups: [40 * HOUR, 46 * HOUR] }
    expect(await simulateSurvival(options)).toEqual(await simulateSurvival(options))
  })
})
