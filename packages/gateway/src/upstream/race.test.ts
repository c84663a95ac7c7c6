import { type Message, Rcode, encodeExtendedError } from '@signpost/dns'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { plainEdns, queryFor } from '../asking.test-support.ts'
import { respond } from '../in-process.test-support.ts'
import { type Limits, limitsWith } from '../limits.ts'
import { type AskResult, type Asker, createAsker } from './ask.ts'
import type { Exchange, ExchangeResult } from './exchange.ts'
import { type Upstream, parseUpstream, printUpstream } from './upstream.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const A = parseUpstream('192.0.2.1', 'a')
const B = parseUpstream('192.0.2.2', 'b')
const C = parseUpstream('192.0.2.3', 'c')

/** How a server behaves: after so many milliseconds it answers, says an rcode, or cannot be reached; or it is silent. */
type Behaviour = { after: number; rcode?: number; edns?: Message['edns']; unreachable?: true } | 'silent'

/** Servers that behave as the test says, and a clock that runs only where it says so. */
class Field {
  readonly sent: string[] = []
  readonly asker: Asker
  /** Questions of the gateway's own, by server. */
  readonly probed: string[] = []
  /** Names that nobody answers. */
  silentNames = /^$/
  private readonly stopping = new AbortController()
  private readonly start = performance.now()
  private readonly behaviours = new Map<string, Behaviour>()
  private names = 0

  constructor(limits: Partial<Limits> = {}) {
    const all = {
      upstreamTry: 1500,
      upstreamPatience: 100,
      upstreamTotal: 4500,
      upstreamProbe: 1000,
      ...limits,
    }
    this.asker = createAsker(this.exchange, limitsWith(all), this.stopping.signal)
  }

  set(server: Upstream, behaviour: Behaviour): void {
    this.behaviours.set(printUpstream(server), behaviour)
  }

  stop(): void {
    this.stopping.abort()
  }

  /** The next question. Also tells how long it took. */
  async ask(servers: readonly Upstream[], measure = true): Promise<{ took: number; result: AskResult }> {
    const start = performance.now()
    const done = { took: -1 }
    const asking = this.begin(servers, `${this.names++}.example`, measure).finally(() => {
      done.took = performance.now() - start
    })
    await vi.advanceTimersByTimeAsync(0)
    while (done.took < 0) await vi.advanceTimersByTimeAsync(1)
    return { took: done.took, result: await asking }
  }

  /** A question whose end the clock does not wait for. */
  begin(servers: readonly Upstream[], name: string, measure = true): Promise<AskResult> {
    const question = queryFor(name).questions[0]!
    const inquiry = { question, recursionDesired: true, dnssecOk: false, checkingDisabled: false }
    return this.asker.ask(servers, inquiry, { measure })
  }

  /** What was sent since the last look, with its time. */
  look(): string[] {
    return this.sent.splice(0)
  }

  private readonly exchange: Exchange = (server, request, timeout) => {
    const name = server.host.at(-1)!
    const asked = request.questions[0]!.name
    if (asked.isRoot) this.probed.push(name)
    else
      this.sent.push(
        `${Math.round(performance.now() - this.start)} ${name}${request.edns === undefined ? ' plain' : ''}`,
      )
    const known = this.behaviours.get(printUpstream(server)) ?? 'silent'
    const behaviour = this.silentNames.test(asked.toString()) ? 'silent' : known
    return new Promise<ExchangeResult>(resolve => {
      if (behaviour === 'silent' || behaviour.after > timeout)
        return setTimeout(resolve, timeout, { kind: 'silence' })
      const { after, rcode = Rcode.NOERROR, edns = plainEdns, unreachable } = behaviour
      const reply = (): ExchangeResult =>
        unreachable === undefined
          ? { kind: 'reply', message: { ...respond(request), rcode, edns } }
          : { kind: 'unreachable', reason: 'connection refused' }
      setTimeout(() => {
        resolve(reply())
      }, after)
    })
  }
}

test('a server that answers is the only one that is asked', async () => {
  const field = new Field()
  field.set(A, { after: 20 })
  expect(await field.ask([A, B])).toMatchObject({ took: 20, result: { kind: 'reply' } })
  expect(field.look()).toEqual(['0 1'])
})

test('where the first one takes longer than usual, the next one is asked as well; the first usable reply wins', async () => {
  const field = new Field()
  field.set(A, { after: 10 })
  field.set(B, { after: 30 })
  await field.ask([A, B])
  field.look()
  field.set(A, { after: 1000 })
  expect(await field.ask([A, B])).toMatchObject({ took: 130, result: { kind: 'reply' } })
  expect(field.look()).toEqual(['10 1', '110 2'])
})

test('where this process itself is late, replies that are here already are not waited for in vain', async () => {
  vi.useRealTimers()
  const sent: string[] = []
  const asker = createAsker(
    (server, request) => {
      sent.push(server.host)
      return new Promise(resolve => {
        // Due after the patience has run out, and both are looked at only once all that has passed.
        setTimeout(() => {
          setImmediate(resolve, { kind: 'reply', message: respond(request) })
        }, 1)
      })
    },
    limitsWith({ upstreamTry: 50, upstreamPatience: 10 }),
    new AbortController().signal,
  )
  const question = queryFor('a.example').questions[0]!
  const inquiry = { question, recursionDesired: true, dnssecOk: false, checkingDisabled: false }
  const asking = asker.ask([A, B], inquiry)
  for (const start = performance.now(); performance.now() < start + 60; );
  expect((await asking).kind).toBe('reply')
  expect(sent).toEqual([A.host])
})

test('a dead server costs one question one wait, and then nothing', async () => {
  const field = new Field()
  field.set(B, { after: 20 })
  expect((await field.ask([A, B])).took).toBe(375 + 20)
  for (let n = 0; n < 200; n++) {
    expect((await field.ask([A, B])).took).toBe(20)
    await vi.advanceTimersByTimeAsync(100)
  }
  // In 24 seconds it was tried a few times, ever less often.
  const tries = field.look().filter(line => line.endsWith(' 1'))
  expect(tries.length).toBeLessThanOrEqual(8)
  expect(field.asker.healthOf(A).condition).toBe('down')
  field.set(A, { after: 5 })
  for (let n = 0; n < 400; n++) {
    expect((await field.ask([A, B])).took).toBeLessThanOrEqual(20)
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(field.asker.healthOf(A).condition).toBe('up')
  field.look()
  expect(await field.ask([A, B])).toMatchObject({ took: 5 })
})

test('a slow server costs one question one wait, and then nothing', async () => {
  const field = new Field()
  field.set(A, { after: 900 })
  field.set(B, { after: 20 })
  expect((await field.ask([A, B])).took).toBe(375 + 20)
  await vi.advanceTimersByTimeAsync(2000)
  for (let n = 0; n < 50; n++) expect((await field.ask([A, B])).took).toBe(20)
})

test('a server that cannot be reached costs nothing at all', async () => {
  const field = new Field()
  field.set(A, { after: 0, unreachable: true })
  field.set(B, { after: 20 })
  expect((await field.ask([A, B])).took).toBe(20)
  field.look()
  expect((await field.ask([A, B])).took).toBe(20)
  expect(field.look().map(line => line.slice(-1))).toEqual(['2'])
})

test.each([
  ['SERVFAIL', Rcode.SERVFAIL],
  ['REFUSED', Rcode.REFUSED],
  ['NOTIMP', Rcode.NOTIMP],
])('%s of one server leads to the next one at once', async (_, rcode) => {
  const field = new Field()
  field.set(A, { after: 10, rcode })
  field.set(B, { after: 20 })
  expect(await field.ask([A, B])).toMatchObject({ took: 30, result: { kind: 'reply' } })
  expect((await field.ask([A, B])).took).toBe(20)
})

test('a name that fails everywhere is held against nobody', async () => {
  const field = new Field()
  field.set(A, { after: 10, rcode: Rcode.SERVFAIL })
  field.set(B, { after: 10, rcode: Rcode.SERVFAIL })
  for (let n = 0; n < 10; n++)
    expect(await field.ask([A, B])).toMatchObject({
      took: 20,
      result: { kind: 'failed', reason: '192.0.2.2:53 answered SERVFAIL' },
    })
  expect(field.look()).toHaveLength(20)
  expect([A, B].map(server => field.asker.healthOf(server).condition)).toEqual(['up', 'up'])
})

test('a name that does not validate is not asked of a server that may not look', async () => {
  const field = new Field()
  const edns = { ...plainEdns, options: [encodeExtendedError({ infoCode: 6, text: 'bogus' })] }
  field.set(A, { after: 10, rcode: Rcode.SERVFAIL, edns })
  field.set(B, { after: 10 })
  expect(await field.ask([A, B])).toMatchObject({
    took: 10,
    result: { kind: 'failed', extendedErrors: [{ infoCode: 6, text: 'bogus' }] },
  })
  expect(field.look()).toEqual(['0 1'])
})

test('a server that finds even what is signed well bogus is asked behind the others, and not believed', async () => {
  const field = new Field()
  const edns = { ...plainEdns, options: [encodeExtendedError({ infoCode: 8, text: 'not yet valid' })] }
  field.set(A, { after: 10, rcode: Rcode.SERVFAIL, edns })
  field.set(B, { after: 20 })
  const kinds: string[] = []
  for (let n = 0; n < 100; n++) {
    kinds.push((await field.ask([A, B])).result.kind)
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(kinds.lastIndexOf('failed')).toBe(2)
  expect(field.asker.healthOf(A).condition).toBe('late')
  field.set(A, { after: 10 })
  for (let n = 0; n < 100; n++) {
    await field.ask([A, B])
    await vi.advanceTimersByTimeAsync(1000)
  }
  expect(field.asker.healthOf(A).condition).toBe('up')
})

test('names that nobody answers, asked all the time, take no server away from other names', async () => {
  const field = new Field()
  field.silentNames = /silent/
  for (const server of [A, B]) field.set(server, { after: 10 })
  for (let n = 0; n < 100; n++) {
    void field.begin([A, B], `${n}.silent.example`)
    await vi.advanceTimersByTimeAsync(100)
  }
  for (let n = 0; n < 20; n++) {
    void field.begin([A, B], `more${n}.silent.example`)
    expect((await field.ask([A, B])).result.kind).toBe('reply')
  }
  expect(field.probed.length).toBeGreaterThan(0)
})

test('what a server said of its failure is told, not that another one said nothing', async () => {
  const field = new Field()
  field.set(A, { after: 10, rcode: Rcode.REFUSED })
  expect((await field.ask([A, B])).result).toMatchObject({ reason: '192.0.2.1:53 answered REFUSED' })
})

test('a server that was late and then refused is not asked again', async () => {
  const field = new Field()
  field.set(A, { after: 500, rcode: Rcode.REFUSED })
  const { result } = await field.ask([A, B])
  expect(result).toMatchObject({ reason: '192.0.2.1:53 answered REFUSED' })
  expect(field.look().map(line => line.slice(-1))).toEqual(['1', '2', '2'])
})

test('a server that had no time to answer is not blamed', async () => {
  const field = new Field({ upstreamTotal: 500 })
  field.set(A, { after: 400, rcode: Rcode.REFUSED })
  field.set(B, { after: 200 })
  await field.ask([A, B])
  expect(field.asker.healthOf(B).condition).toBe('up')
})

test('one lost packet is not the end, though there is one server only', async () => {
  const field = new Field()
  field.set(A, { after: 10 })
  await field.ask([A])
  field.set(A, 'silent')
  const asking = field.ask([A])
  await vi.advanceTimersByTimeAsync(50)
  field.set(A, { after: 10 })
  expect(await asking).toMatchObject({ took: 110, result: { kind: 'reply' } })
  expect(field.look()).toEqual(['0 1', '10 1', '110 1'])
})

test('one question sends two requests to a server at most, whatever happens', async () => {
  const field = new Field()
  expect(await field.ask([A, B, C])).toMatchObject({
    result: { kind: 'failed', reason: expect.stringMatching(/did not answer in time$/) },
  })
  const sent = field.look()
  expect(sent).toHaveLength(6)
  for (const server of ['1', '2', '3'])
    expect(sent.filter(line => line.endsWith(` ${server}`))).toHaveLength(2)
})

test('all of it takes no longer than the limit', async () => {
  const field = new Field({ upstreamTotal: 1000 })
  expect((await field.ask([A, B, C])).took).toBe(1000)
})

test('where all servers are dead, a question hears it at once, and one a second tries', async () => {
  const field = new Field()
  for (let n = 0; n < 6; n++) await field.ask([A, B])
  await vi.advanceTimersByTimeAsync(3000)
  field.look()
  expect((await field.ask([A, B])).took).toBeGreaterThan(1000)
  expect(field.look().length).toBeLessThanOrEqual(2)
  const waits: number[] = []
  for (let n = 0; n < 100; n++) {
    const { took, result } = await field.ask([A, B])
    expect(result).toMatchObject({ kind: 'failed' })
    waits.push(took)
    if (took < 10)
      expect(result).toMatchObject({
        reason: 'no answer came lately from 192.0.2.1:53, 192.0.2.2:53; ask again',
      })
    await vi.advanceTimersByTimeAsync(50)
  }
  expect(waits.filter(took => took < 10).length).toBeGreaterThan(85)
  expect(Math.max(...waits)).toBe(1500)
  // They still try both.
  expect(new Set(field.look().map(line => line.slice(-1)))).toEqual(new Set(['1', '2']))
  field.set(B, { after: 10 })
  await vi.advanceTimersByTimeAsync(1000)
  const results: string[] = []
  for (let n = 0; n < 30; n++) {
    results.push((await field.ask([A, B])).result.kind)
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(results.at(-1)).toBe('reply')
  expect(results.filter(kind => kind === 'reply').length).toBeGreaterThan(15)
})

test('servers that nobody chose are not asked only to learn how they are', async () => {
  const field = new Field()
  field.set(A, { after: 10 })
  field.set(B, { after: 10 })
  for (let n = 0; n < 100; n++) {
    await field.ask([A, B], false)
    await vi.advanceTimersByTimeAsync(2000)
  }
  expect(field.look().filter(line => line.endsWith(' 2'))).toEqual([])
})

test('past the bound on requests, no server is asked besides the first', async () => {
  const field = new Field({ upstreamExchanges: 1 })
  field.set(A, { after: 1400 })
  field.set(B, { after: 10 })
  expect((await field.ask([A, B])).took).toBe(1400)
  expect(field.look()).toEqual(['0 1'])
})

const refuseEdns: Exchange = (_, request) => {
  const { edns, ...plain } = respond(request)
  const message = edns === undefined ? plain : { ...plain, rcode: Rcode.FORMERR, questions: [] }
  return Promise.resolve({ kind: 'reply', message })
}

test('a server that does not know EDNS is asked without, and then for a while no other way', async () => {
  const field = new Field()
  const seen: boolean[] = []
  const asker = createAsker(
    async (...args) => {
      seen.push(args[1].edns !== undefined)
      return refuseEdns(...args)
    },
    limitsWith(),
    new AbortController().signal,
  )
  const ask = async (name: string): Promise<AskResult> =>
    asker.ask([A], {
      question: queryFor(name).questions[0]!,
      recursionDesired: true,
      dnssecOk: true,
      checkingDisabled: false,
    })
  expect(await ask('a.example')).toMatchObject({ kind: 'reply' })
  expect(await ask('b.example')).toMatchObject({ kind: 'reply' })
  expect(seen).toEqual([true, false, false])
  await vi.advanceTimersByTimeAsync(16 * 60_000)
  await ask('c.example')
  expect(seen).toEqual([true, false, false, true, false])
  expect(field.look()).toEqual([])
})

test.each([
  ['with EDNS, a refusal is about the question', Rcode.REFUSED, plainEdns, 1],
  ['a refusal without EDNS is asked again once', Rcode.REFUSED, null, 2],
  ['so is one that is not implemented', Rcode.NOTIMP, null, 2],
  ['a server failure is none of EDNS', Rcode.SERVFAIL, null, 1],
])('%s', async (_, rcode, edns, requests) => {
  let sent = 0
  const asker = createAsker(
    (_server, request) => {
      sent++
      const { edns: __, ...reply } = { ...respond(request), rcode }
      return Promise.resolve({ kind: 'reply', message: edns === null ? reply : { ...reply, edns } })
    },
    limitsWith(),
    new AbortController().signal,
  )
  const question = queryFor('a.example').questions[0]!
  const result = await asker.ask([A], {
    question,
    recursionDesired: true,
    dnssecOk: false,
    checkingDisabled: false,
  })
  expect(result.kind).toBe('failed')
  expect(sent).toBe(requests)
})

test('when the gateway stops, nothing is sent and no timer is left', async () => {
  const field = new Field()
  const asking = field.ask([A, B])
  await vi.advanceTimersByTimeAsync(10)
  field.stop()
  await vi.advanceTimersByTimeAsync(1500)
  expect((await asking).result.kind).toBe('failed')
  expect(vi.getTimerCount()).toBe(0)
})
