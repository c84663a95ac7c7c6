import { type Message, Rcode, encodeExtendedError } from '@signpost/dns'
import { expect, test } from 'vitest'
import { explanations, lines } from '../asking.test-support.ts'
import { UPSTREAM, gatewayInProcess, recursiveServer, respond } from '../in-process.test-support.ts'
import { plainUpstream } from '../upstream/upstream.ts'
import { idOf } from '../zones.test-support.ts'
import { isForbiddenTarget } from './authority.ts'

const alice = idOf(1)
const IN_ALICE = `${alice}.signpost.internal.`
const SERVER = { host: '198.51.100.1', port: 53 }
const SOA = `corp.${alice}. 60 IN SOA ns host 1 2 3 4 60`.replaceAll(
  /ns|host/g,
  label => `${label}.corp.${alice}.`,
)

function refuse(request: Message): Message {
  return { ...respond(request, {}), rcode: Rcode.REFUSED }
}

test('an ordinary DNS server is asked for the name as the signed zone has it; its answer comes back as asked', async () => {
  const gateway = gatewayInProcess()
  gateway.petnames.set('alice', alice)
  await gateway.zones.publish(1, 'corp NS ns.corp\nns.corp A 198.51.100.1\n')
  gateway.servers.add(SERVER, request => {
    expect(request).toMatchObject({ recursionDesired: false })
    return {
      ...respond(request, { answers: `mail.corp.${alice}. MX 5 mx.corp.${alice}.` }),
      authoritative: true,
    }
  })
  const reply = await gateway.ask('mail.corp.Alice.signpost.internal', 'MX', { authenticData: true })
  expect(gateway.servers.sent).toEqual([`198.51.100.1:53 mail.corp.${alice}. 15`])
  expect(lines(reply.answers)).toEqual([
    'mail.corp.Alice.signpost.internal. 300 IN MX 5 mx.corp.Alice.signpost.internal.',
  ])
  // Its word is not signed.
  expect(reply).toMatchObject({ rcode: Rcode.NOERROR, authoritative: false, authenticData: false })
})

test('a zone full of addresses sends a question to a few of them only', async () => {
  const gateway = gatewayInProcess()
  const glue = Array.from({ length: 100 }, (_, n) => `ns.corp A 198.51.100.${n + 1}\n`).join('')
  await gateway.zones.publish(1, `corp NS ns.corp\n${glue}`)
  for (let n = 1; n <= 100; n++) gateway.servers.add({ host: `198.51.100.${n}`, port: 53 }, refuse)
  expect((await gateway.ask(`www.corp.${alice}.signpost.internal`)).rcode).toBe(Rcode.SERVFAIL)
  expect(gateway.servers.sent.length).toBeGreaterThan(0)
  expect(gateway.servers.sent.length).toBeLessThanOrEqual(6)
})

test('what a server says of its own failure is passed on in part, and counted where it is kept', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'corp NS ns.corp\nns.corp A 198.51.100.1\n')
  const loud = Array.from({ length: 20 }, () => encodeExtendedError({ infoCode: 0, text: 'x'.repeat(500) }))
  const huge = encodeExtendedError({ infoCode: 0, text: 'y'.repeat(5000) })
  const edns = { payloadSize: 1232, version: 0, dnssecOk: false, flags: 0, options: [huge, ...loud] }
  gateway.servers.add(SERVER, request => ({ ...respond(request, {}), rcode: Rcode.SERVFAIL, edns }))
  const before = gateway.cache.stats().octets
  const reply = await gateway.ask(`www.corp.${alice}.signpost.internal`)
  expect(reply.rcode).toBe(Rcode.SERVFAIL)
  expect(explanations(reply).join(' ')).not.toContain('y')
  expect(gateway.cache.stats().octets - before).toBeGreaterThan(4 * 500)
})

test('what the server denies is denied with its SOA, below the suffix', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'corp NS ns.corp\nns.corp A 198.51.100.1\n')
  gateway.servers.add(SERVER, request => ({
    ...respond(request, { authorities: SOA }),
    rcode: Rcode.NXDOMAIN,
  }))
  const reply = await gateway.ask(`no.corp.${alice}.signpost.internal`)
  expect(reply.rcode).toBe(Rcode.NXDOMAIN)
  expect(lines(reply.authorities)[0]).toContain(`corp.${IN_ALICE} 60 IN SOA ns.corp.${IN_ALICE}`)
})

test('an alias of the server is followed; its word about names outside its part is not taken', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'corp NS ns.corp\nns.corp A 198.51.100.1\nwww A 192.0.2.1\n')
  gateway.servers.add(SERVER, request =>
    respond(request, { answers: `a.corp.${alice}. CNAME www.${alice}.\nwww.${alice}. A 203.0.113.66` }),
  )
  const reply = await gateway.ask(`a.corp.${alice}.signpost.internal`)
  expect(lines(reply.answers)).toEqual([
    `a.corp.${IN_ALICE} 300 IN CNAME www.${IN_ALICE}`,
    `www.${IN_ALICE} 300 IN A 192.0.2.1`,
  ])
})

test('the address of a name server without glue is looked up, in ordinary DNS or in another zone', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, recursiveServer('ns.example.net. A 198.51.100.1\n'))
  gateway.servers.add(SERVER, request =>
    respond(request, { answers: `${request.questions[0]!.name.toString()} A 192.0.2.9` }),
  )
  await gateway.zones.publish(1, `corp NS ns.example.net.\nlab NS ns.${idOf(2)}.\n`)
  await gateway.zones.publish(2, 'ns A 198.51.100.1\n')
  for (const label of ['corp', 'lab'])
    expect(lines((await gateway.ask(`x.${label}.${alice}.signpost.internal`)).answers)).toEqual([
      `x.${label}.${IN_ALICE} 300 IN A 192.0.2.9`,
    ])
})

test('name servers that cannot be found, or that wait for one another, end in SERVFAIL after few lookups', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, recursiveServer('x.example. A 192.0.2.1\n'))
  await gateway.zones.publish(1, `gone NS ns.gone.example.\none NS ns.two.${idOf(2)}.\n`)
  await gateway.zones.publish(2, `two NS ns.one.${alice}.\n`)
  const gone = await gateway.ask(`x.gone.${alice}.signpost.internal`)
  expect(gone.rcode).toBe(Rcode.SERVFAIL)
  expect(explanations(gone)[0]).toMatch(/^23 no address of a name server of gone\.k51/)
  const before = gateway.zones.asked.length
  const circle = await gateway.ask(`x.one.${alice}.signpost.internal`)
  expect(circle.rcode).toBe(Rcode.SERVFAIL)
  expect(gateway.zones.asked.length - before).toBeLessThan(20)
})

/** Eight labels, each handed to eight name servers below labels that another zone hands on in the same way. */
function crowd(to: number): string {
  const eight = [...Array(8).keys()]
  return eight.flatMap(n => eight.map(k => `d${n} NS h${n}${k}.d${k}.${idOf(to)}.\n`)).join('')
}

test('a crowd of name servers, each of which needs a crowd of others, costs no more than the budget', async () => {
  const gateway = gatewayInProcess({ limits: { furtherNames: 16 } })
  for (let seed = 1; seed < 12; seed++) await gateway.zones.publish(seed, crowd(seed + 1))
  expect((await gateway.ask(`x.d0.${alice}.signpost.internal`)).rcode).toBe(Rcode.SERVFAIL)
  expect(gateway.zones.asked.length).toBeLessThanOrEqual(17)
})

test('servers on this machine are not asked unless that is allowed', async () => {
  const local = { host: '127.0.0.1', port: 53 }
  for (const loopback of [false, true]) {
    const gateway = gatewayInProcess({ loopback })
    await gateway.zones.publish(1, 'corp NS ns.corp\nns.corp A 127.0.0.1\n')
    gateway.servers.add(local, request => respond(request, { answers: `x.corp.${alice}. A 192.0.2.9` }))
    const reply = await gateway.ask(`x.corp.${alice}.signpost.internal`)
    expect(reply.rcode).toBe(loopback ? Rcode.NOERROR : Rcode.SERVFAIL)
    expect(gateway.servers.sent).toHaveLength(loopback ? 1 : 0)
  }
})

test.each([
  ['0.0.0.0', true],
  ['127.8.9.1', true],
  ['169.254.1.1', true],
  ['224.0.0.251', true],
  ['255.255.255.255', true],
  ['::', true],
  ['::1', true],
  ['::ffff:8.8.8.8', true],
  ['fe80::1', true],
  ['ff02::fb', true],
  ['192.168.1.1', false],
  ['198.51.100.1', false],
  ['2001:db8::1', false],
  ['fd00::1', false],
])('%s: a zone may not send queries there: %s', (address, expected) => {
  expect(isForbiddenTarget(address)).toBe(expected)
})

test('a server that says that a DNAME makes too long a name is believed', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'corp NS ns.corp\nns.corp A 198.51.100.1\n')
  gateway.servers.add(SERVER, request => ({
    ...respond(request),
    authoritative: true,
    rcode: Rcode.YXDOMAIN,
  }))
  const reply = await gateway.ask(`a.old.corp.${alice}.signpost.internal`)
  expect(reply).toMatchObject({ rcode: Rcode.YXDOMAIN, answers: [] })
  expect(explanations(reply)[0]).toContain(`corp.${IN_ALICE} says that a DNAME`)
})

test('a server that refers elsewhere, fails or is silent is SERVFAIL', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'corp NS ns.corp\nns.corp A 198.51.100.1\n')
  gateway.servers.add(SERVER, request => ({
    ...respond(request, { authorities: `deep.corp.${alice}. NS ns.deep.corp.${alice}.` }),
    recursionAvailable: false,
  }))
  const referral = await gateway.ask(`x.deep.corp.${alice}.signpost.internal`)
  expect(referral.rcode).toBe(Rcode.SERVFAIL)
  expect(explanations(referral)[0]).toMatch(/has no answer of its own/)
  gateway.servers.add(SERVER, () => undefined)
  const silent = await gateway.ask(`y.corp.${alice}.signpost.internal`)
  expect(explanations(silent)[0]).toBe('23 198.51.100.1:53 did not answer in time')
})

test("what an upstream says to a zone's question, which is not for it, is not held against it", async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  const recursive = recursiveServer('www.example.org. A 203.0.113.7')
  // As recursive resolvers do it with names that they are not to look up.
  gateway.servers.add(UPSTREAM, request => (request.recursionDesired ? recursive(request) : refuse(request)))
  gateway.servers.add(SERVER, request => ({
    ...respond(request, { answers: `x.corp.${alice}. A 203.0.113.9` }),
    authoritative: true,
  }))
  await gateway.zones.publish(1, `corp NS ns.corp\nns.corp A ${UPSTREAM.host}\nns.corp A 198.51.100.1\n`)
  expect((await gateway.ask('www.example.org')).rcode).toBe(Rcode.NOERROR)
  expect((await gateway.ask(`x.corp.${alice}.signpost.internal`)).rcode).toBe(Rcode.NOERROR)
  expect(gateway.servers.sent.at(-2)).toMatch(/^192\.0\.2\.53:53 x\.corp\./)
  expect(gateway.asker.healthOf(plainUpstream(UPSTREAM)).condition).toBe('up')
})
