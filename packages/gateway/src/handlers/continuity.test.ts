import { Rcode } from '@signpost/dns'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { explanations, lines, queryFor } from '../asking.test-support.ts'
import { FakeOwnerZones, FakeWitnesses, found } from '../continuity/continuity.test-support.ts'
import { Continuity } from '../continuity/continuity.ts'
import { type InProcess, UPSTREAM, gatewayInProcess, recursiveServer } from '../in-process.test-support.ts'

const zone = 'www.example. 300 IN A 192.0.2.1\n'
const fromOwner = {
  ...found('answer', 'www.example. 300 IN A 192.0.2.7'),
  note: 'this is from the zone that its owner signs, k51',
}
const vouched = {
  ...found('answer', 'www.example. 300 IN A 192.0.2.8'),
  note: 'two of three witnesses vouch for it',
}

let owners: FakeOwnerZones
let witnesses: FakeWitnesses
beforeEach(() => {
  owners = new FakeOwnerZones()
  witnesses = new FakeWitnesses()
})
afterEach(() => {
  vi.useRealTimers()
})

function start(limits = {}): InProcess {
  return gatewayInProcess({
    upstreams: [UPSTREAM],
    limits: { upstreamTotal: 50, upstreamTry: 50, ...limits },
    continuity: { owners, witnesses },
  })
}

test('where ordinary DNS answers, nobody else is asked, and what it says goes out as ever', async () => {
  const gateway = start()
  gateway.servers.add(UPSTREAM, recursiveServer(zone))
  owners.known.set('www.example.', fromOwner)
  const reply = await gateway.ask('www.example')
  expect(lines(reply.answers)).toEqual(['www.example. 300 IN A 192.0.2.1'])
  expect(explanations(reply)).toEqual([])
  expect((await gateway.ask('no.example')).rcode).toBe(Rcode.NXDOMAIN)
  expect(owners.asked).toEqual([])
  expect(witnesses.asked).toEqual([])
  // Where there may be a pin to learn: not of names that do not exist.
  expect(owners.seen).toEqual(['www.example.'])
})

test('where it fails the owner’s zone answers, then witnesses, then the failure goes out', async () => {
  const gateway = start()
  owners.known.set('www.example.', fromOwner)
  witnesses.known.set('www.example.', vouched)
  witnesses.known.set('two.example.', {
    ...vouched,
    answers: found('answer', 'two.example. 7 A 192.0.2.9').answers,
  })
  const owned = await gateway.ask('www.example')
  expect(lines(owned.answers)).toEqual(['www.example. 30 IN A 192.0.2.7'])
  expect(explanations(owned)).toEqual([
    '3 ordinary DNS fails for this name; this is from the zone that its owner signs, k51',
  ])
  const second = await gateway.ask('two.example')
  expect(lines(second.answers)).toEqual(['two.example. 7 IN A 192.0.2.9'])
  expect(explanations(second)).toEqual([
    '3 ordinary DNS fails for this name; two of three witnesses vouch for it',
  ])
  expect((await gateway.ask('three.example')).rcode).toBe(Rcode.SERVFAIL)
  expect(witnesses.asked).toEqual([
    ['two.example.', 'failed'],
    ['three.example.', 'failed'],
  ])
})

test('an owner’s zone that cannot be read leaves the witnesses, and is told to the log', async () => {
  const gateway = start()
  owners.failing = true
  witnesses.known.set('www.example.', vouched)
  expect(lines((await gateway.ask('www.example')).answers)).toEqual(['www.example. 30 IN A 192.0.2.8'])
  expect(gateway.errors).toMatchObject([{ message: 'the zone cannot be read' }])
})

test('after a failure the upstreams are left alone for a while, and asked again then', async () => {
  const gateway = start()
  owners.known.set('www.example.', fromOwner)
  await gateway.ask('www.example')
  const sent = gateway.servers.sent.length
  gateway.servers.add(UPSTREAM, recursiveServer(zone))
  // Kept by the cache for the time of its TTL, and then known by the pause.
  gateway.cache.clear()
  expect(lines((await gateway.ask('www.example')).answers)).toEqual(['www.example. 30 IN A 192.0.2.7'])
  expect(gateway.servers.sent).toHaveLength(sent)
  gateway.cache.clear()
  gateway.zones.now += 30_000
  await vi.waitFor(async () => {
    gateway.cache.clear()
    expect(lines((await gateway.ask('www.example')).answers)).toEqual(['www.example. 300 IN A 192.0.2.1'])
  })
})

test('a client waits for ordinary DNS only so long where there is another answer, and what comes late is kept', async () => {
  const gateway = start({ staleWait: 20, upstreamTotal: 5000, upstreamTry: 5000 })
  owners.known.set('www.example.', fromOwner)
  const gate = Promise.withResolvers<void>()
  gateway.servers.add(UPSTREAM, async request => {
    await gate.promise
    return recursiveServer(`${zone}two.example. 300 IN A 192.0.2.2\n`)(request)
  })
  const waiting = gateway.ask('two.example')
  const reply = await gateway.ask('www.example')
  expect(explanations(reply)).toEqual([
    '3 ordinary DNS does not answer in time; this is from the zone that its owner signs, k51',
  ])
  gate.resolve()
  // Nobody else has it, so it is waited for.
  expect(lines((await waiting).answers)).toEqual(['two.example. 300 IN A 192.0.2.2'])
  // Nobody has asked for it since.
  const known = (): unknown =>
    gateway.cache.find('0 1 \u0003www\u0007example\u0000', gateway.zones.now)?.outcome
  await vi.waitFor(() => {
    expect(known()).toMatchObject({ answers: [{ ttl: 300 }] })
  })
})

test('without anybody who could answer, a question and its outcome pass as they are', async () => {
  const outcome = { kind: 'upstream-failed', text: 'nobody answers' } as const
  const { keepContinuity } = await import('./continuity.ts')
  const onError = vi.fn<(error: unknown) => void>()
  const handler = keepContinuity({
    continuity: new Continuity({ onError }),
    cache: { generation: 0, store: () => {} },
    now: () => 0,
    limits: { staleWait: 0, recheckPace: 30 },
    onError,
  })
  const promised = Promise.resolve(outcome)
  const query = { question: queryFor('www.example').questions[0]!, message: queryFor('www.example') }
  expect(handler(query as never, () => promised)).toBe(promised)
  expect(handler(query as never, () => outcome)).toBe(outcome)
})
