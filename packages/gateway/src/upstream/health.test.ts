import { expect, test } from 'vitest'
import { limitsWith } from '../limits.ts'
import { Health, type Plan, type ProbeFinding } from './health.ts'

const SECOND = 1000

/** A clock and a health of three servers, of which `a` is asked first. */
class Bench {
  readonly health = new Health(
    limitsWith({ upstreamTry: 1500, upstreamPatience: 100, upstreamProbe: SECOND }),
  )
  now = 0

  plan(servers = ['a', 'b', 'c'], measure = true): Plan {
    return this.health.plan(servers, this.now, measure)
  }

  /** A request that is answered after so many milliseconds. */
  answer(server: string, took: number): void {
    const sentAt = this.now
    this.now += took
    this.health.replied(server, sentAt, this.now)
  }

  /** One that is not. */
  lose(server: string, after = 1500): void {
    const sentAt = this.now
    this.now += after
    this.health.failed(server, sentAt, this.now)
  }

  /** This gateway's own question, as it ends at once. */
  probe(server: string, finding: ProbeFinding): void {
    this.health.probed(server, finding, this.now, this.now)
  }

  condition(server: string): string {
    return this.health.read(server).condition
  }
}

test('servers of which nothing is known are asked as they stand', () => {
  expect(new Bench().plan()).toEqual({ order: ['a', 'b', 'c'], alongside: [], probed: [] })
})

test('the quickest is asked first, and those that were never asked last', () => {
  const bench = new Bench()
  bench.answer('a', 40)
  bench.answer('c', 20)
  expect(bench.plan().order).toEqual(['c', 'a', 'b'])
  for (let n = 0; n < 30; n++) bench.answer('c', 80)
  expect(bench.plan().order).toEqual(['a', 'c', 'b'])
})

test('a server is waited for as long as its replies take, with their deviation, and within bounds', () => {
  const bench = new Bench()
  expect(bench.health.patience('a')).toBe(375)
  for (let n = 0; n < 200; n++) bench.answer('a', 200)
  expect(bench.health.patience('a')).toBeCloseTo(200, 0)
  for (let n = 0; n < 200; n++) bench.answer('a', n % 2 === 0 ? 150 : 250)
  expect(bench.health.patience('a')).toBeGreaterThan(350)
  for (let n = 0; n < 200; n++) bench.answer('b', 1)
  expect(bench.health.patience('b')).toBe(100)
  for (let n = 0; n < 200; n++) bench.answer('c', 1400)
  expect(bench.health.patience('c')).toBe(750)
})

test('one that owes a reply for too long goes behind the others at once, and back when it replies', () => {
  const bench = new Bench()
  bench.answer('a', 10)
  bench.answer('b', 30)
  bench.health.late('a', bench.now, bench.now + 100)
  expect(bench.plan(['a', 'b']).order).toEqual(['b', 'a'])
  expect(bench.condition('a')).toBe('late')
  bench.answer('a', 120)
  expect(bench.plan(['a', 'b']).order).toEqual(['a', 'b'])
})

test('a slow name does not make its server late, where other replies of the server came since', () => {
  const bench = new Bench()
  const sentAt = bench.now
  bench.now += 50
  bench.answer('a', 10)
  bench.health.late('a', sentAt, bench.now)
  bench.health.failed('a', sentAt, bench.now + 1500)
  expect(bench.condition('a')).toBe('up')
})

test('a server that is late is tried once a second besides the first, then ever less often', () => {
  const bench = new Bench()
  bench.lose('a')
  const tries: number[] = []
  for (const start = bench.now; bench.now < start + 200 * SECOND; bench.now += 100) {
    const { order, alongside, probed } = bench.plan(['a', 'b'])
    expect(order[0]).toBe('b')
    for (const server of probed) bench.probe(server, 'silent')
    if (alongside.length > 0) {
      tries.push(bench.now)
      // It is given up a second and a half later.
      bench.health.failed('a', bench.now, bench.now)
    }
    bench.answer('b', 0)
  }
  const pauses = tries.map((at, n) => Math.round((at - (tries[n - 1] ?? 1500)) / SECOND))
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 64])
  expect(bench.condition('a')).toBe('down')
})

test('a server that is down is waited for by nobody, and is used again once a try of it succeeds', () => {
  const bench = new Bench()
  bench.answer('b', 30)
  for (let n = 0; n < 3; n++) bench.lose('a')
  expect(bench.plan(['a', 'b'])).toEqual({ order: ['b'], alongside: ['a'], probed: ['a'] })
  bench.probe('a', 'silent')
  expect(bench.condition('a')).toBe('down')
  bench.now += 10 * SECOND
  expect(bench.plan(['a', 'b'])).toEqual({ order: ['b'], alongside: ['a'], probed: ['a'] })
  expect(bench.plan(['a', 'b'])).toEqual({ order: ['b'], alongside: [], probed: [] })
  bench.answer('a', 5)
  expect(bench.plan(['a', 'b'])).toEqual({ order: ['a', 'b'], alongside: [], probed: [] })
})

test("a server that answers this gateway's own question stays in use, however many names it does not answer", () => {
  const bench = new Bench()
  let probes = 0
  for (let n = 0; n < 30; n++) {
    const { order, probed } = bench.plan(['a'])
    expect(order).toEqual(['a'])
    probes += probed.length
    for (const server of probed) bench.probe(server, 'answered')
    bench.lose('a')
  }
  expect(bench.condition('a')).toBe('late')
  // Each time after three more failures.
  expect(probes).toBe(9)
})

test("one question of this gateway's own is out to a server at a time", () => {
  const bench = new Bench()
  for (let n = 0; n < 3; n++) bench.lose('a')
  expect([1, 2, 3].map(() => bench.plan(['a']).probed)).toEqual([['a'], [], []])
})

test("a reply that comes while this gateway's own question gets none says that the server is there", () => {
  const bench = new Bench()
  const sentAt = bench.now
  bench.answer('a', 10)
  bench.health.probed('a', 'silent', sentAt, bench.now)
  expect(bench.condition('a')).toBe('up')
})

test('a server that finds names bogus is believed, until it finds bogus what is not', () => {
  const bench = new Bench()
  const findBogus = (): void => {
    bench.health.replied('a', bench.now, bench.now, true)
  }
  for (let n = 0; n < 3; n++) {
    expect(bench.plan(['a', 'b'])).toEqual({ order: ['a', 'b'], alongside: [], probed: [] })
    findBogus()
  }
  expect(bench.plan(['a', 'b']).probed).toEqual(['a'])
  bench.probe('a', 'answered')
  expect(bench.health.believesBogus('a')).toBe(true)
  for (let n = 0; n < 3; n++) findBogus()
  expect(bench.plan(['a', 'b']).probed).toEqual(['a'])
  bench.probe('a', 'bogus')
  expect(bench.health.believesBogus('a')).toBe(false)
  expect(bench.plan(['a', 'b'])).toEqual({ order: ['b', 'a'], alongside: [], probed: [] })
  bench.answer('a', 10)
  expect(bench.health.believesBogus('a')).toBe(true)
})

test('many requests that are lost at the same time are one failure', () => {
  const bench = new Bench()
  for (let n = 0; n < 50; n++) bench.health.failed('a', 0, 1500 + n)
  expect(bench.condition('a')).toBe('late')
})

test('where all are down, one question a second tries them, the others hear at once that there is nobody', () => {
  const bench = new Bench()
  for (const server of ['a', 'b']) {
    for (let n = 0; n < 3; n++) bench.lose(server, 10)
    bench.probe(server, 'silent')
  }
  const tries: number[] = []
  bench.now += SECOND
  for (const start = bench.now; bench.now < start + 10 * SECOND; bench.now += 50) {
    const { order, alongside, probed } = bench.plan(['a', 'b'])
    expect(order).toEqual([])
    expect(probed).toEqual(alongside)
    if (alongside.length === 0) continue
    expect(alongside).toEqual(['a', 'b'])
    for (const server of probed) bench.probe(server, 'silent')
    tries.push(bench.now - start)
    for (const server of alongside) bench.health.failed(server, bench.now, bench.now)
  }
  // However often that failed.
  expect(tries).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(n => n * SECOND))
})

test('one that is up is measured about once a minute besides the first, but only where that is wanted', () => {
  const bench = new Bench()
  bench.plan(['a', 'b'])
  bench.now += 65 * SECOND
  bench.answer('a', 10)
  expect(bench.plan(['a', 'b'], false)).toEqual({ order: ['a', 'b'], alongside: [], probed: [] })
  expect(bench.plan(['a', 'b'])).toEqual({ order: ['a'], alongside: ['b'], probed: [] })
  bench.answer('b', 5)
  expect(bench.plan(['a', 'b'])).toEqual({ order: ['b', 'a'], alongside: [], probed: [] })
})

test('a crowd of servers is not remembered for ever', () => {
  const bench = new Bench()
  for (let n = 0; n < 10_000; n++) bench.plan([`server ${n}`])
  bench.probe('a', 'silent')
  expect(bench.condition('a')).toBe('down')
  for (let n = 0; n < 10_000; n++) bench.plan([`server ${n}`])
  expect(bench.condition('a')).toBe('up')
})
