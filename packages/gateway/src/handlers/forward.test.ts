import { type Message, Rcode, encodeExtendedError, parseName } from '@signpost/dns'
import { expect, test } from 'vitest'
import { explanations, lines, plainEdns, queryFor } from '../asking.test-support.ts'
import {
  type Server,
  UPSTREAM,
  gatewayInProcess,
  recursiveServer,
  respond,
} from '../in-process.test-support.ts'
import { idOf } from '../zones.test-support.ts'

const SECOND = { host: '2001:db8::53', port: 5353 }
const ZONE = 'www.example. 100 A 192.0.2.1\nalias.example. 300 CNAME www.example.\n'
const servfail: Server = request => ({ ...respond(request), rcode: Rcode.SERVFAIL })

test('an ordinary name is asked of the upstream, once, and then cached', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, recursiveServer(ZONE))
  const reply = await gateway.ask('aLias.example', 'A', { authenticData: true })
  expect(lines(reply.answers)).toEqual([
    'aLias.example. 300 IN CNAME www.example.',
    'www.example. 100 IN A 192.0.2.1',
  ])
  expect(reply).toMatchObject({ rcode: Rcode.NOERROR, authoritative: false, authenticData: false })
  gateway.zones.now += 30_000
  expect((await gateway.ask('alias.EXAMPLE')).answers.map(record => record.ttl)).toEqual([270, 70])
  expect(gateway.servers.sent).toEqual(['192.0.2.53:53 aLias.example. 1'])
})

test('denials are passed on and cached by their SOA', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, recursiveServer(ZONE))
  for (let n = 0; n < 2; n++) {
    const none = await gateway.ask('none.example')
    expect(none.rcode).toBe(Rcode.NXDOMAIN)
    expect(lines(none.authorities)).toEqual(['example. 60 IN SOA ns.example. host.example. 1 2 3 4 60'])
    expect(await gateway.ask('alias.example', 'MX')).toMatchObject({
      rcode: Rcode.NOERROR,
      answers: [{ type: 5 }],
    })
  }
  expect(gateway.servers.sent).toHaveLength(2)
  gateway.zones.now += 61_000
  await gateway.ask('none.example')
  expect(gateway.servers.sent).toHaveLength(3)
})

test('the SOA of a denial has the TTL for which the denial may be kept', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  const authorities = 'example. 86400 SOA ns.example. host.example. 1 2 3 4 900\n'
  gateway.servers.add(UPSTREAM, request => ({ ...respond(request, { authorities }), rcode: Rcode.NXDOMAIN }))
  expect((await gateway.ask('none.example')).authorities.map(({ ttl }) => ttl)).toEqual([900])
  gateway.zones.now += 800_000
  expect((await gateway.ask('none.example')).authorities.map(({ ttl }) => ttl)).toEqual([100])
})

test('DO and CD go to the upstream, AD and the options of the client do not', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  const seen: Message[] = []
  gateway.servers.add(UPSTREAM, request => {
    seen.push(request)
    return { ...respond(request, { answers: 'www.example. A 192.0.2.1' }), authenticData: true }
  })
  const edns = {
    ...plainEdns,
    dnssecOk: true,
    options: [{ code: 8, data: Uint8Array.of(0, 1, 24, 0, 198, 51, 100) }],
  }
  const reply = await gateway.ask('www.example', 'A', { edns, checkingDisabled: true, authenticData: true })
  await gateway.ask('www.example')
  expect(seen).toMatchObject([
    {
      checkingDisabled: true,
      authenticData: false,
      recursionDesired: true,
      edns: { dnssecOk: true, options: [], payloadSize: 1232 },
    },
    { checkingDisabled: false, edns: { dnssecOk: false } },
  ])
  expect(reply.authenticData).toBe(false)
})

/** The head of an RRSIG, up to its labels. */
function rrsig(type: number, owner: string): string {
  return `${owner} TYPE46 \\# 4 ${type.toString(16).padStart(4, '0')}0d02`
}

test('with DO the signatures and proofs that belong to the answer come along; without it nothing but the answer', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, request => {
    if (request.edns?.dnssecOk !== true) return respond(request, { answers: 'www.example. A 192.0.2.1' })
    return respond(request, {
      answers: `www.example. A 192.0.2.1\n${rrsig(1, 'www.example.')}\n${rrsig(28, 'www.example.')}\n${rrsig(1, 'other.example.')}`,
      authorities: `x.example. TYPE47 \\# 1 00\nexample. NS ns.example.\n${rrsig(47, 'x.example.')}`,
    })
  })
  const plain = await gateway.ask('www.example')
  expect(lines(plain.answers)).toHaveLength(1)
  const reply = await gateway.ask('www.example', 'A', { edns: { ...plainEdns, dnssecOk: true } })
  expect(reply.answers.map(record => record.type)).toEqual([1, 46])
  expect(reply.authorities.map(record => record.type)).toEqual([47, 46])
})

test('records that do not belong to the answer are left out', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, request => ({
    ...respond(request, {
      answers: 'www.example. A 192.0.2.1\nbank.example. A 203.0.113.66\nwww.example. TXT "no"',
      authorities: 'example. NS evil.example.',
    }),
    additionals: respond(request, { answers: 'evil.example. A 203.0.113.66' }).answers,
  }))
  const reply = await gateway.ask('www.example')
  expect(lines(reply.answers)).toEqual(['www.example. 300 IN A 192.0.2.1'])
  expect([...reply.authorities, ...reply.additionals]).toEqual([])
})

test("an upstream's DNAME comes with every alias that it makes, asked for or passed, and once", async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  const dname = 'old.example. 300 IN DNAME new.example.'
  const alias = 'a.old.example. 300 IN CNAME a.new.example.'
  gateway.servers.add(UPSTREAM, request => respond(request, { answers: `${dname}\n${alias}` }))
  for (const type of ['CNAME', 'ANY']) {
    const reply = await gateway.ask('a.old.example', type)
    expect(lines(reply.answers)).toEqual([dname, alias])
  }
  const way = [
    dname,
    alias,
    'a.new.example. 300 IN CNAME b.old.example.',
    'b.old.example. 300 IN CNAME b.new.example.',
    'b.new.example. 300 IN A 192.0.2.1',
  ]
  gateway.servers.add(UPSTREAM, request => respond(request, { answers: `${way.join('\n')}\n${dname}` }))
  expect(lines((await gateway.ask('a.old.example')).answers)).toEqual(way)
})

test('that a DNAME makes too long a name is said as the upstream says it, which is asked once', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM, SECOND] })
  gateway.servers.add(UPSTREAM, request => ({ ...respond(request), rcode: Rcode.YXDOMAIN }))
  const reply = await gateway.ask('a.old.example')
  expect(reply).toMatchObject({ rcode: Rcode.YXDOMAIN, answers: [] })
  expect(gateway.servers.sent).toEqual(['192.0.2.53:53 a.old.example. 1'])
})

test('an alias into our suffix is answered from the zone, whatever the upstream says about it', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  const target = `www.${idOf(1)}.signpost.internal.`
  await gateway.zones.publish(1, 'www 50 A 192.0.2.1\n')
  gateway.servers.add(UPSTREAM, request =>
    respond(request, { answers: `www.example. CNAME ${target}\n${target} A 203.0.113.66` }),
  )
  const reply = await gateway.ask('www.example', 'A', { authenticData: true })
  expect(lines(reply.answers)).toEqual([`www.example. 300 IN CNAME ${target}`, `${target} 50 IN A 192.0.2.1`])
  expect(reply).toMatchObject({ authoritative: false, authenticData: false })
  const direct = await gateway.ask(target, 'A', { authenticData: true })
  expect(lines(direct.answers)).toEqual([`${target} 50 IN A 192.0.2.1`])
  expect(direct).toMatchObject({ authoritative: true, authenticData: true })
})

test('an upstream that does not finish a chain of aliases is asked for the rest', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, request =>
    request.questions[0]!.name.equals(parseName('a.example.'))
      ? respond(request, { answers: 'a.example. CNAME b.example.net.' })
      : respond(request, { answers: 'b.example.net. A 192.0.2.1' }),
  )
  expect((await gateway.ask('a.example')).answers).toHaveLength(2)
})

test('aliases in a circle are SERVFAIL, in one reply or over several', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, request => {
    const name = request.questions[0]!.name.toString()
    if (name === 'one.example.')
      return respond(request, { answers: 'one.example. CNAME two.example.\ntwo.example. CNAME one.example.' })
    return respond(request, { answers: `${name} CNAME ${name === 'a.example.' ? 'b' : 'a'}.example.` })
  })
  for (const name of ['one.example', 'a.example']) {
    const reply = await gateway.ask(name)
    expect(reply.rcode).toBe(Rcode.SERVFAIL)
    expect(explanations(reply)[0]).toMatch(/circle|come back/)
  }
})

test('the next upstream is asked where one is silent, fails, or refuses', async () => {
  for (const bad of [
    (() => undefined) as Server,
    servfail,
    (request => ({ ...respond(request), rcode: Rcode.REFUSED })) as Server,
  ]) {
    const gateway = gatewayInProcess({ upstreams: [UPSTREAM, SECOND] })
    gateway.servers.add(UPSTREAM, bad)
    gateway.servers.add(SECOND, recursiveServer(ZONE))
    expect((await gateway.ask('www.example')).answers).toHaveLength(1)
    expect(gateway.servers.sent).toEqual([
      '192.0.2.53:53 www.example. 1',
      '[2001:db8::53]:5353 www.example. 1',
    ])
  }
})

test('one lost packet is not the end; a failure that was said is not asked for again', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  let lost = 1
  gateway.servers.add(UPSTREAM, request => (lost-- > 0 ? undefined : recursiveServer(ZONE)(request)))
  expect((await gateway.ask('www.example')).answers).toHaveLength(1)
  expect(gateway.asker.stats()).toEqual({ sent: 2, failed: 1 })
  gateway.servers.add(UPSTREAM, servfail)
  await gateway.ask('other.example')
  expect(gateway.asker.stats()).toEqual({ sent: 3, failed: 2 })
})

test('where every upstream fails, the reply says which and why, and passes on what they said', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, request => ({
    ...respond(request),
    rcode: Rcode.SERVFAIL,
    edns: { ...plainEdns, options: [encodeExtendedError({ infoCode: 7, text: 'RRSIG expired' })] },
  }))
  const reply = await gateway.ask('www.example')
  expect(reply.rcode).toBe(Rcode.SERVFAIL)
  expect(explanations(reply)).toEqual(['23 192.0.2.53:53 answered SERVFAIL', '7 RRSIG expired'])
  const silent = gatewayInProcess({ upstreams: [SECOND] })
  expect(explanations(await silent.ask('www.example'))).toEqual([
    '23 [2001:db8::53]:5353 did not answer in time',
  ])
})

test('a failure is kept for a second, so that a client that insists does not reach the upstream', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, servfail)
  await gateway.ask('www.example')
  await gateway.ask('www.example')
  expect(gateway.servers.sent).toHaveLength(1)
  gateway.zones.now += 1000
  gateway.servers.add(UPSTREAM, recursiveServer(ZONE))
  expect((await gateway.ask('www.example')).rcode).toBe(Rcode.NOERROR)
})

test('a referral is no answer', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, request => respond(request, { authorities: 'example. NS ns.example.' }))
  expect((await gateway.ask('www.example')).rcode).toBe(Rcode.SERVFAIL)
})

test('without an upstream ordinary names are refused, and the reply says what to set', async () => {
  const reply = await gatewayInProcess().ask('www.example')
  expect(reply.rcode).toBe(Rcode.REFUSED)
  expect(explanations(reply)).toEqual([expect.stringMatching(/^20 .*--upstream HOST/)])
})

test('with RD=0 a name is answered from the cache or refused, never looked up', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, recursiveServer(ZONE))
  const changes = { recursionDesired: false }
  expect(await gateway.ask('www.example', 'A', changes)).toMatchObject({
    rcode: Rcode.REFUSED,
    recursionDesired: false,
  })
  expect(gateway.servers.sent).toEqual([])
  await gateway.ask('www.example')
  expect((await gateway.ask('www.example', 'A', changes)).answers).toHaveLength(1)
})

test('the same question of many clients goes out once; each gets an answer with its own ID', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  const answered = Promise.withResolvers<void>()
  gateway.servers.add(UPSTREAM, async request => {
    await answered.promise
    return recursiveServer(ZONE)(request)
  })
  const waiting = Array.from({ length: 50 }, (_, id) => gateway.ask('www.example', 'A', { id }))
  answered.resolve()
  const replies = await Promise.all(waiting)
  expect(gateway.servers.sent).toHaveLength(1)
  expect(replies.map(reply => reply.id)).toEqual([...Array(50).keys()])
  expect(replies.every(reply => reply.answers.length === 1)).toBe(true)
})

test('past the bounds, what is cached is still answered and the rest is told to come back', async () => {
  for (const limits of [{ pendingQueries: 2 }, { upstreamExchanges: 2 }]) {
    const gateway = gatewayInProcess({ upstreams: [UPSTREAM], limits })
    gateway.servers.add(UPSTREAM, recursiveServer(ZONE))
    await gateway.ask('www.example')
    const never = Promise.withResolvers<undefined>()
    gateway.servers.add(UPSTREAM, () => never.promise)
    const waiting = [gateway.ask('a.example'), gateway.ask('b.example')]
    const shed = await gateway.ask('c.example')
    expect(shed.rcode).toBe(Rcode.SERVFAIL)
    expect(explanations(shed)[0]).toMatch(/^14 .*ask again in a moment/)
    expect((await gateway.ask('www.example')).rcode).toBe(Rcode.NOERROR)
    gateway.servers.add(UPSTREAM, recursiveServer(ZONE))
    never.resolve(undefined)
    await Promise.all(waiting)
    expect((await gateway.ask('c.example')).rcode).toBe(Rcode.NXDOMAIN)
  }
})

test('an error in the program is SERVFAIL and goes to the log', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, () => {
    throw new Error('a bug')
  })
  const reply = await gateway.ask('www.example')
  expect(reply.rcode).toBe(Rcode.SERVFAIL)
  expect(gateway.errors).toEqual([expect.objectContaining({ message: 'a bug' })])
  expect(queryFor('www.example').id).toBe(reply.id)
})
