import { type Message, Rcode } from '@signpost/dns'
import { expect, test } from 'vitest'
import { queryFor } from '../asking.test-support.ts'
import { respond } from '../in-process.test-support.ts'
import { limitsWith } from '../limits.ts'
import { createAsker } from './ask.ts'
import type { Exchange } from './exchange.ts'
import { parseUpstream } from './upstream.ts'

const servers = ['192.0.2.1', '192.0.2.2'].map(text => parseUpstream(text, 'upstreams'))
const inquiry = {
  question: queryFor('www.example').questions[0]!,
  recursionDesired: true,
  dnssecOk: false,
  checkingDisabled: false,
}

test('every request has an ID of its own, drawn from all 65,536', async () => {
  const ids: number[] = []
  const exchange: Exchange = (_, request) => {
    ids.push(request.id)
    return Promise.resolve({ kind: 'reply', message: respond(request) })
  }
  const asker = createAsker(exchange, limitsWith(), new AbortController().signal)
  for (let n = 0; n < 400; n++) await asker.ask(servers, inquiry)
  expect(new Set(ids).size).toBeGreaterThan(380)
  expect(Math.max(...ids)).toBeGreaterThan(60_000)
  expect(Math.min(...ids)).toBeLessThan(5000)
})

test('the time for one try and for all of them is bounded', async () => {
  const timeouts: number[] = []
  const exchange: Exchange = async (_server, _request, timeout) => {
    timeouts.push(timeout)
    await new Promise(resolve => {
      setTimeout(resolve, 30)
    })
    return { kind: 'silence' }
  }
  const limits = limitsWith({ upstreamTry: 50, upstreamTotal: 80 })
  const asker = createAsker(exchange, limits, new AbortController().signal)
  expect(await asker.ask(servers, inquiry)).toMatchObject({ kind: 'failed' })
  expect(timeouts[0]).toBe(50)
  expect(timeouts.length).toBeLessThanOrEqual(4)
  expect(timeouts.at(-1)).toBeLessThanOrEqual(50)
})

test('inquiries that differ in type, name, flags or servers are each sent', async () => {
  const sent: Message[] = []
  const exchange: Exchange = (_, request) => {
    sent.push(request)
    return new Promise(() => {})
  }
  const asker = createAsker(exchange, limitsWith(), new AbortController().signal)
  const ask = (changes: Partial<typeof inquiry>, to = servers): void =>
    void asker.ask(to, { ...inquiry, ...changes })
  ask({})
  ask({})
  ask({ question: queryFor('WWW.example').questions[0]! })
  expect(sent).toHaveLength(1)
  ask({ question: queryFor('www.example', 'AAAA').questions[0]! })
  ask({ question: queryFor('www2.example').questions[0]! })
  ask({ dnssecOk: true })
  ask({ checkingDisabled: true })
  ask({ recursionDesired: false })
  ask({}, servers.slice(1))
  expect(sent).toHaveLength(7)
})

test('a truncated reply that came over TCP, and an rcode that is neither answer nor denial, are failures', async () => {
  const replies: Partial<Message>[] = [{ truncated: true }, { rcode: Rcode.NOTIMP }]
  const exchange: Exchange = (_, request) =>
    Promise.resolve({ kind: 'reply', message: { ...respond(request), ...replies.shift() } })
  const asker = createAsker(exchange, limitsWith(), new AbortController().signal)
  expect(await asker.ask(servers, inquiry)).toMatchObject({
    kind: 'failed',
    reason: '192.0.2.2:53 answered NOTIMP',
  })
})

test('once the gateway stops, nothing more is sent', async () => {
  let sent = 0
  const exchange: Exchange = () => {
    sent++
    return Promise.resolve({ kind: 'silence' })
  }
  const asker = createAsker(exchange, limitsWith(), AbortSignal.abort())
  expect(await asker.ask(servers, inquiry)).toMatchObject({ kind: 'failed' })
  expect(sent).toBe(0)
})
