import { Name, parseName } from '@signpost/dns'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LogLines } from '../transports/certificate/certificate.test-support.ts'
import { LoopGuard } from './loop-guard.ts'
import { type Upstream, parseUpstream } from './upstream.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const A = parseUpstream('192.0.2.1', 'a')
const B = parseUpstream('tls://192.0.2.2#dns.example', 'b')
const place = (upstream: Upstream, domain = '.'): { upstream: Upstream; domain: Name } => ({
  upstream,
  domain: domain === '.' ? Name.root : parseName(domain),
})

/** Upstreams that ask this gateway, that answer, or that do neither. */
class Bench {
  readonly sent: { host: string; name: string; at: number }[] = []
  readonly looping = new Set<string>()
  readonly recognized: boolean[] = []
  readonly silent = new Set<string>()
  readonly log = new LogLines()
  private tokens = 0
  readonly guard: LoopGuard = new LoopGuard({
    send: ({ host }, probe) => {
      this.sent.push({ host, name: probe.toString(), at: performance.now() })
      if (this.looping.has(host))
        this.recognized.push(this.guard.isOwnProbe(parseName(probe.toString().toUpperCase())))
      return Promise.resolve(!this.silent.has(host))
    },
    token: () => `token${this.tokens++}`,
    limits: { upstreamProbe: 1000 },
    logger: this.log,
  })
}

test('every upstream gets a question of its own, once', async () => {
  const bench = new Bench()
  const places = [place(A), place(B, 'corp.example')]
  bench.guard.watch(places)
  await vi.advanceTimersByTimeAsync(600_000)
  bench.guard.watch(places)
  expect(bench.sent.map(({ host, name }) => `${host} ${name}`)).toEqual([
    '192.0.2.1 token0.signpost-loop-check.',
    '192.0.2.2 token1.signpost-loop-check.corp.example.',
  ])
  expect(places.map(each => bench.guard.isLoop(each))).toEqual([false, false])
  expect(vi.getTimerCount()).toBe(0)
})

test('one whose question comes back is a loop, which the log names', async () => {
  const bench = new Bench()
  bench.looping.add(B.host)
  bench.guard.watch([place(A), place(B), place(B, 'corp.example')])
  await vi.advanceTimersByTimeAsync(0)
  expect([place(A), place(B), place(B, 'corp.example')].map(each => bench.guard.isLoop(each))).toEqual([
    false,
    true,
    true,
  ])
  expect(bench.recognized).toEqual([true, true])
  expect(bench.log.lines).toHaveLength(2)
  expect(bench.log.lines[0]).toMatch(/^error an upstream asks this gateway itself, so it is not used/)
})

test('a domain with hardly any room for more labels is no problem', () => {
  const bench = new Bench()
  const long = ['a', 'b', 'c', 'd'].map(letter => letter.repeat(letter === 'd' ? 58 : 63)).join('.')
  bench.guard.watch([place(A, long)])
  expect(bench.sent[0]!.name).toMatch(/^token0\.signpost-loop-check\.b+\.c+\.d+\.$/)
})

test('another question of the same kind is not taken for ours', () => {
  const bench = new Bench()
  bench.guard.watch([place(A)])
  expect(bench.guard.isOwnProbe(parseName('token1.signpost-loop-check.'))).toBe(false)
  expect(bench.guard.isOwnProbe(parseName('token0.signpost-loop-check.example.'))).toBe(false)
})

test('a loop is looked at again about once a minute, and used again once it is none', async () => {
  const bench = new Bench()
  bench.looping.add(A.host)
  bench.guard.watch([place(A)])
  await vi.advanceTimersByTimeAsync(200_000)
  expect(bench.sent).toHaveLength(4)
  expect(new Set(bench.sent.map(({ name }) => name)).size).toBe(4)
  expect(bench.log.lines).toHaveLength(1)
  bench.looping.clear()
  await vi.advanceTimersByTimeAsync(64_000)
  expect(bench.guard.isLoop(place(A))).toBe(false)
  expect(bench.log.lines.at(-1)).toMatch(/^info an upstream does not ask this gateway any more/)
})

test('where no reply comes, the question is sent again, ever later', async () => {
  const bench = new Bench()
  bench.silent.add(A.host)
  bench.guard.watch([place(A)])
  await vi.advanceTimersByTimeAsync(300_000)
  const start = bench.sent[0]!.at
  expect(bench.sent.map(({ at }) => Math.round((at - start) / 1000))).toEqual([
    0, 1, 3, 7, 15, 31, 63, 127, 191, 255,
  ])
  bench.silent.clear()
  await vi.advanceTimersByTimeAsync(300_000)
  expect(bench.sent).toHaveLength(11)
  expect(vi.getTimerCount()).toBe(0)
})

test('where upstreams fail, there may be a new loop, which is looked for once a minute', async () => {
  const bench = new Bench()
  bench.guard.watch([place(A)])
  await vi.advanceTimersByTimeAsync(64_000)
  bench.looping.add(A.host)
  for (let n = 0; n < 10; n++) bench.guard.suspect(place(A))
  bench.guard.suspect(place(B))
  await vi.advanceTimersByTimeAsync(0)
  expect(bench.sent).toHaveLength(2)
  expect(bench.guard.isLoop(place(A))).toBe(true)
})

test('upstreams that are not used any more are forgotten, with what was sent to them', async () => {
  const bench = new Bench()
  bench.silent.add(A.host)
  bench.guard.watch([place(A)])
  bench.guard.watch([place(B)])
  await vi.advanceTimersByTimeAsync(300_000)
  expect(bench.sent.map(({ host }) => host)).toEqual([A.host, B.host])
  expect(bench.guard.isOwnProbe(parseName('token0.signpost-loop-check.'))).toBe(false)
  bench.guard.watch([place(A), place(B)])
  expect(bench.sent.map(({ host }) => host)).toEqual([A.host, B.host, A.host])
  bench.guard.close()
  await vi.advanceTimersByTimeAsync(300_000)
  expect(bench.sent).toHaveLength(3)
  expect(vi.getTimerCount()).toBe(0)
})
