import { Rcode } from '@signpost/dns'
import { expect, test } from 'vitest'
import { explanations, lines } from '../asking.test-support.ts'
import { UPSTREAM, gatewayInProcess, recursiveServer, respond } from '../in-process.test-support.ts'
import { DAY, START, idOf, sign, zoneFrom } from '../zones.test-support.ts'

const [alice, bob, carol] = [idOf(1), idOf(2), idOf(3)]
const IN_ALICE = `${alice}.signpost.internal.`
const SOA = `300 IN SOA ${IN_ALICE} . 1 3600 600 1209600 300`

test('a name below a zone ID is answered from its zone, with AA, and AD when asked', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'www A 192.0.2.1\nwww A 192.0.2.2\n')
  const reply = await gateway.ask(`www.${alice}.signpost.internal`, 'A', { authenticData: true })
  expect(reply).toMatchObject({ rcode: Rcode.NOERROR, authoritative: true, authenticData: true })
  expect(lines(reply.answers)).toEqual([
    `www.${IN_ALICE} 300 IN A 192.0.2.1`,
    `www.${IN_ALICE} 300 IN A 192.0.2.2`,
  ])
})

test('a name below a petname is answered below the petname, in owners and in rdata, letter case kept', async () => {
  const gateway = gatewayInProcess()
  gateway.petnames.set('alice', alice)
  await gateway.zones.publish(1, `@ MX 10 mail\n_sip._tcp SRV 1 2 5060 sip.${bob}.\n@ TXT "${alice}."\n`)
  const mx = await gateway.ask('ALICE.signpost.internal', 'MX')
  expect(lines(mx.answers)).toEqual(['ALICE.signpost.internal. 300 IN MX 10 mail.ALICE.signpost.internal.'])
  const srv = await gateway.ask('_sip._tcp.alice.signpost.internal', 'SRV')
  expect(lines(srv.answers)).toEqual([
    `_sip._tcp.alice.signpost.internal. 300 IN SRV 1 2 5060 sip.${bob}.signpost.internal.`,
  ])
  const txt = await gateway.ask('alice.signpost.internal', 'TXT')
  expect(lines(txt.answers)).toEqual([`alice.signpost.internal. 300 IN TXT "${alice}."`])
})

test('every type of name in rdata gets the suffix; ordinary names and the root stay as they are', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(
    1,
    `a NS ns\nns A 192.0.2.1\np PTR host\nn NAPTR 1 1 "" "" "" next\ns SVCB 1 svc\nh HTTPS 1 .\nm MX 1 mx.example.net.\nr MX 0 .\n`,
  )
  const rdataOf = async (label: string, type: string): Promise<string | undefined> => {
    const { answers } = await gateway.ask(`${label}.${alice}.signpost.internal`, type)
    return lines(answers)[0]?.split(` ${type} `)[1]
  }
  expect(await rdataOf('p', 'PTR')).toBe(`host.${IN_ALICE}`)
  expect(await rdataOf('n', 'NAPTR')).toBe(`1 1 "" "" "" next.${IN_ALICE}`)
  expect(await rdataOf('s', 'SVCB')).toBe(`1 svc.${IN_ALICE}`)
  expect(await rdataOf('h', 'HTTPS')).toBe('1 .')
  expect(await rdataOf('m', 'MX')).toBe('1 mx.example.net.')
  expect(await rdataOf('r', 'MX')).toBe('0 .')
})

test('a type that is not there is NODATA, a name that is not there NXDOMAIN, each with the SOA of the zone', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'a.b A 192.0.2.1\n')
  for (const name of ['a.b', 'b']) {
    const reply = await gateway.ask(`${name}.${alice}.signpost.internal`, 'AAAA')
    expect(reply).toMatchObject({ rcode: Rcode.NOERROR, authoritative: true, answers: [] })
    expect(lines(reply.authorities)).toEqual([`${IN_ALICE} ${SOA}`])
  }
  const reply = await gateway.ask(`c.${alice}.signpost.internal`)
  expect(reply).toMatchObject({ rcode: Rcode.NXDOMAIN, authoritative: true, answers: [] })
  expect(lines(reply.authorities)).toEqual([`${IN_ALICE} ${SOA}`])
})

test("the zone's SOA can be asked for, its own or the one that stands in for it", async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'www A 192.0.2.1\n')
  await gateway.zones.publish(2, '@ 900 SOA ns host 7 1 2 3 60\n')
  const made = await gateway.ask(`${alice}.signpost.internal`, 'SOA')
  expect(lines(made.answers)).toEqual([`${IN_ALICE} ${SOA}`])
  const any = await gateway.ask(`${alice}.signpost.internal`, 'ANY')
  expect(any.answers).toHaveLength(1)
  const own = await gateway.ask(`${bob}.signpost.internal`, 'SOA')
  const at = `${bob}.signpost.internal.`
  expect(lines(own.answers)).toEqual([`${at} 900 IN SOA ns.${at} host.${at} 7 1 2 3 60`])
  const denied = await gateway.ask(`x.${bob}.signpost.internal`)
  expect(lines(denied.authorities)).toEqual([`${at} 60 IN SOA ns.${at} host.${at} 7 1 2 3 60`])
})

test('a wildcard answers with the name that was asked for', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, '*.w TXT "any"\n')
  const reply = await gateway.ask(`Some.Where.w.${alice}.signpost.internal`, 'TXT')
  expect(lines(reply.answers)).toEqual([`Some.Where.w.${IN_ALICE} 300 IN TXT "any"`])
})

test('ANY is answered with one RRset', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'www A 192.0.2.1\nwww TXT "t"\nwww AAAA 2001:db8::1\nalias CNAME www\n')
  const reply = await gateway.ask(`www.${alice}.signpost.internal`, 'ANY')
  expect(lines(reply.answers)).toEqual([`www.${IN_ALICE} 300 IN A 192.0.2.1`])
  const alias = await gateway.ask(`alias.${alice}.signpost.internal`, 'ANY')
  expect(lines(alias.answers)).toEqual([`alias.${IN_ALICE} 300 IN CNAME www.${IN_ALICE}`])
})

test('aliases are followed inside a zone, to another zone and on to ordinary names', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, recursiveServer('cdn.example.net. 70 A 198.51.100.7\n'))
  await gateway.zones.publish(1, `one CNAME two\ntwo 100 CNAME three.${bob}.\n`)
  await gateway.zones.publish(2, 'three CNAME cdn.example.net.\nhere A 192.0.2.1\n')
  const reply = await gateway.ask(`one.${alice}.signpost.internal`, 'A', { authenticData: true })
  expect(lines(reply.answers)).toEqual([
    `one.${IN_ALICE} 300 IN CNAME two.${IN_ALICE}`,
    `two.${IN_ALICE} 100 IN CNAME three.${bob}.signpost.internal.`,
    `three.${bob}.signpost.internal. 300 IN CNAME cdn.example.net.`,
    'cdn.example.net. 70 IN A 198.51.100.7',
  ])
  // The name is ours, so AA (RFC 1035, section 4.1.1); the end of the chain is not signed, so no AD.
  expect(reply).toMatchObject({ rcode: Rcode.NOERROR, authoritative: true, authenticData: false })
  const signed = await gateway.ask(`three.${bob}.signpost.internal`, 'CNAME', { authenticData: true })
  expect(signed).toMatchObject({ authenticData: true })
  expect(lines(signed.answers)).toEqual([`three.${bob}.signpost.internal. 300 IN CNAME cdn.example.net.`])
})

test('an alias whose target does not exist is NXDOMAIN behind the alias (RFC 6604)', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'a CNAME gone\nb CNAME c\nc TXT "t"\n')
  const gone = await gateway.ask(`a.${alice}.signpost.internal`)
  expect(gone).toMatchObject({ rcode: Rcode.NXDOMAIN, authoritative: true })
  expect(lines(gone.answers)).toEqual([`a.${IN_ALICE} 300 IN CNAME gone.${IN_ALICE}`])
  expect(gone.authorities).toHaveLength(1)
  const noData = await gateway.ask(`b.${alice}.signpost.internal`)
  expect(noData.rcode).toBe(Rcode.NOERROR)
  expect(lines(noData.answers)).toEqual([`b.${IN_ALICE} 300 IN CNAME c.${IN_ALICE}`])
  expect(noData.authorities).toHaveLength(1)
})

test('an alias to an ordinary name stands alone where ordinary names are not looked up', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'a CNAME cdn.example.net.\n')
  const reply = await gateway.ask(`a.${alice}.signpost.internal`)
  expect(reply.rcode).toBe(Rcode.NOERROR)
  expect(lines(reply.answers)).toEqual([`a.${IN_ALICE} 300 IN CNAME cdn.example.net.`])
  expect(explanations(reply)).toEqual([expect.stringMatching(/no upstream .* --upstream/)])
  expect(gateway.cache.stats().entries).toBe(0)
})

test('aliases in a circle, and chains without end, are SERVFAIL that names the circle', async () => {
  const gateway = gatewayInProcess({ limits: { furtherNames: 5 } })
  const long = Array.from({ length: 9 }, (_, n) => `n${n} CNAME n${n + 1}\n`).join('')
  await gateway.zones.publish(1, `a CNAME b.${bob}.\nself CNAME self\n${long}n9 A 192.0.2.1\n`)
  await gateway.zones.publish(2, `b CNAME a.${alice}.\n`)
  const circle = await gateway.ask(`a.${alice}.signpost.internal`)
  expect(circle.rcode).toBe(Rcode.SERVFAIL)
  expect(explanations(circle)[0]).toMatch(/^0 the aliases go in a circle .*: a\.k51.* -> b\.k51.* -> a\.k51/)
  expect((await gateway.ask(`self.${alice}.signpost.internal`)).rcode).toBe(Rcode.SERVFAIL)
  expect((await gateway.ask(`n0.${alice}.signpost.internal`)).rcode).toBe(Rcode.SERVFAIL)
  // The end of the chain is not to blame for its length.
  const near = await gateway.ask(`n5.${alice}.signpost.internal`)
  expect(near.rcode).toBe(Rcode.NOERROR)
  expect(near.answers).toHaveLength(5)
})

test('a DNAME redirects all that is below it, and shows itself and the CNAME that follows', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, `old DNAME new\nhost.new A 192.0.2.1\nmoved DNAME ${bob}.\n`)
  await gateway.zones.publish(2, 'www A 192.0.2.2\n')
  const inside = await gateway.ask(`host.old.${alice}.signpost.internal`)
  expect(lines(inside.answers)).toEqual([
    `old.${IN_ALICE} 300 IN DNAME new.${IN_ALICE}`,
    `host.old.${IN_ALICE} 300 IN CNAME host.new.${IN_ALICE}`,
    `host.new.${IN_ALICE} 300 IN A 192.0.2.1`,
  ])
  const across = await gateway.ask(`www.moved.${alice}.signpost.internal`)
  expect(lines(across.answers).at(-1)).toBe(`www.${bob}.signpost.internal. 300 IN A 192.0.2.2`)
  const itself = await gateway.ask(`www.moved.${alice}.signpost.internal`, 'CNAME')
  expect(itself.answers).toHaveLength(2)
})

test('a DNAME that is passed twice on the way comes once', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'old DNAME new\nfirst.new CNAME second.old\nsecond.new A 192.0.2.1\n')
  const reply = await gateway.ask(`first.old.${alice}.signpost.internal`)
  expect(lines(reply.answers)).toEqual([
    `old.${IN_ALICE} 300 IN DNAME new.${IN_ALICE}`,
    `first.old.${IN_ALICE} 300 IN CNAME first.new.${IN_ALICE}`,
    `first.new.${IN_ALICE} 300 IN CNAME second.old.${IN_ALICE}`,
    `second.old.${IN_ALICE} 300 IN CNAME second.new.${IN_ALICE}`,
    `second.new.${IN_ALICE} 300 IN A 192.0.2.1`,
  ])
})

test('a name that is over 255 octets once it has the suffix is YXDOMAIN', async () => {
  const gateway = gatewayInProcess()
  const long = ['x', 'y', 'z'].map(letter => letter.repeat(58)).join('.')
  await gateway.zones.publish(1, `a CNAME ${long}.${bob}.\nd DNAME ${long}.example.\n`)
  const alias = await gateway.ask(`a.${alice}.signpost.internal`)
  expect(alias.rcode).toBe(Rcode.YXDOMAIN)
  expect(explanations(alias)[0]).toMatch(/over 255 octets/)
  const dname = await gateway.ask(`${'w'.repeat(62)}.wwwwwwwwww.d.${alice}.signpost.internal`)
  expect(dname.rcode).toBe(Rcode.YXDOMAIN)
})

test('a label that is handed to another key is that zone, under the name that was asked for', async () => {
  const gateway = gatewayInProcess()
  gateway.petnames.set('alice', alice)
  await gateway.zones.publish(1, `bob NS ${bob}.\n`)
  await gateway.zones.publish(
    2,
    `www A 192.0.2.2\n@ MX 1 mail\nback CNAME www\nup CNAME x.${alice}.\ncarol NS ${carol}.\n`,
  )
  await gateway.zones.publish(3, 'deep A 192.0.2.3\n')
  const reply = await gateway.ask('www.bob.alice.signpost.internal', 'A', { authenticData: true })
  expect(lines(reply.answers)).toEqual(['www.bob.alice.signpost.internal. 300 IN A 192.0.2.2'])
  expect(reply).toMatchObject({ authoritative: true, authenticData: true })
  const apex = await gateway.ask('bob.alice.signpost.internal', 'MX')
  expect(lines(apex.answers)).toEqual([
    'bob.alice.signpost.internal. 300 IN MX 1 mail.bob.alice.signpost.internal.',
  ])
  const alias = await gateway.ask('back.bob.alice.signpost.internal')
  expect(lines(alias.answers)).toEqual([
    'back.bob.alice.signpost.internal. 300 IN CNAME www.bob.alice.signpost.internal.',
    'www.bob.alice.signpost.internal. 300 IN A 192.0.2.2',
  ])
  const up = await gateway.ask('up.bob.alice.signpost.internal', 'CNAME')
  expect(lines(up.answers)).toEqual([`up.bob.alice.signpost.internal. 300 IN CNAME x.${IN_ALICE}`])
  const twice = await gateway.ask('deep.carol.bob.alice.signpost.internal')
  expect(lines(twice.answers)).toEqual(['deep.carol.bob.alice.signpost.internal. 300 IN A 192.0.2.3'])
  const denied = await gateway.ask('no.bob.alice.signpost.internal')
  expect(denied.rcode).toBe(Rcode.NXDOMAIN)
  expect(denied.authorities[0]?.name.toString()).toBe('bob.alice.signpost.internal.')
})

test('what a label was handed to is kept no longer than the zone that handed it over', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, `bob NS ${bob}.\ncorp NS ns.corp\nns.corp A 198.51.100.1\n`, { ttl: 60 })
  await gateway.zones.publish(2, 'www 86400 A 192.0.2.2\n', { ttl: 86_400 })
  gateway.servers.add({ host: '198.51.100.1', port: 53 }, request => ({
    ...respond(request, { answers: `www.corp.${alice}. 86400 A 192.0.2.3` }),
    authoritative: true,
  }))
  for (const label of ['bob', 'corp']) {
    const reply = await gateway.ask(`www.${label}.${alice}.signpost.internal`)
    expect(reply.answers.map(({ ttl }) => ttl)).toEqual([60])
  }
})

test('where the key that a label was handed to is not found, the ordinary server beside it answers', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, `both NS ${carol}.\nboth NS ns.both\nns.both A 198.51.100.1\n`)
  gateway.servers.add({ host: '198.51.100.1', port: 53 }, request => ({
    ...respond(request, { answers: `www.both.${alice}. A 192.0.2.3` }),
    authoritative: true,
  }))
  const reply = await gateway.ask(`www.both.${alice}.signpost.internal`)
  expect(lines(reply.answers)).toEqual([`www.both.${IN_ALICE} 300 IN A 192.0.2.3`])
  expect(reply.authoritative).toBe(false)
})

test('handing labels on and on ends, and so does handing them back', async () => {
  const gateway = gatewayInProcess({ limits: { furtherNames: 4 } })
  await gateway.zones.publish(1, `x NS ${bob}.\n`)
  await gateway.zones.publish(2, `x NS ${alice}.\n@ A 192.0.2.2\n`)
  const few = await gateway.ask(`x.x.x.${alice}.signpost.internal`)
  expect(lines(few.answers)).toEqual([`x.x.x.${IN_ALICE} 300 IN A 192.0.2.2`])
  const many = await gateway.ask(`${'x.'.repeat(7)}${alice}.signpost.internal`)
  expect(many.rcode).toBe(Rcode.SERVFAIL)
  expect(explanations(many)[0]).toMatch(/handed from zone to zone for too long/)
})

test('however many steps a question leads to, it has one time for all of them', async () => {
  const gateway = gatewayInProcess({ limits: { questionTotal: 100, zoneWait: 60_000 } })
  await gateway.zones.publish(1, `x NS ${bob}.\n`)
  gateway.zones.silent.add(bob)
  const reply = await gateway.ask(`www.x.${alice}.signpost.internal`)
  expect(reply.rcode).toBe(Rcode.SERVFAIL)
  expect(explanations(reply)).toEqual(['22 there was no answer within 100 ms; ask again'])
})

test('where one of several keys for a label cannot be found, another one answers', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, `both NS ${bob}.\nboth NS ${carol}.\n`)
  await gateway.zones.publish(3, '@ A 192.0.2.3\n')
  expect(lines((await gateway.ask(`both.${alice}.signpost.internal`)).answers)).toHaveLength(1)
  const none = gatewayInProcess()
  await none.zones.publish(1, `both NS ${bob}.\nboth NS ${carol}.\n`)
  const reply = await none.ask(`both.${alice}.signpost.internal`)
  expect(explanations(reply)[0]).toMatch(/^22 /)
})

test('a retired zone denies every name and says why', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'retired', { sequence: 9 })
  const reply = await gateway.ask(`www.${alice}.signpost.internal`, 'A', { authenticData: true })
  expect(reply).toMatchObject({ rcode: Rcode.NXDOMAIN, authoritative: true, authenticData: true })
  expect(reply.authorities[0]?.name.toString()).toBe(IN_ALICE)
  expect(explanations(reply)).toEqual([`0 the owner of ${alice} has retired this zone`])
})

test('silence of the network is SERVFAIL, never NXDOMAIN', async () => {
  const reply = await gatewayInProcess().ask(`www.${alice}.signpost.internal`)
  expect(reply).toMatchObject({ rcode: Rcode.SERVFAIL, authoritative: false })
  expect(explanations(reply)).toEqual([`22 none of 3 peers has a record of ${alice}`])
})

test('a record that does not verify is SERVFAIL, and so is one that has expired', async () => {
  const gateway = gatewayInProcess()
  const record = await sign(1, zoneFrom(1, 'www A 192.0.2.1\n'))
  const forged = record.bytes.slice()
  forged[forged.length - 1] = (forged.at(-1) as number) ^ 1
  gateway.zones.give(alice, forged)
  const invalid = await gateway.ask(`www.${alice}.signpost.internal`)
  expect(invalid.rcode).toBe(Rcode.SERVFAIL)
  expect(explanations(invalid)[0]).toMatch(/^6 /)
  await gateway.zones.publish(2, 'www A 192.0.2.1\n', { expiresAt: START + DAY })
  gateway.zones.now = START + DAY + 1000
  const expired = await gateway.ask(`www.${bob}.signpost.internal`)
  expect(expired.rcode).toBe(Rcode.SERVFAIL)
  expect(explanations(expired)[0]).toMatch(/^7 .* until 2026-01-02T00:00:00.* has to publish again/)
})

test('a stale copy answers with a TTL of 30 s and says that it is stale', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'www A 192.0.2.1\n', { ttl: 60 })
  gateway.zones.now = START + 61_000
  const reply = await gateway.ask(`www.${alice}.signpost.internal`)
  expect(lines(reply.answers)).toEqual([`www.${IN_ALICE} 30 IN A 192.0.2.1`])
  expect(explanations(reply)[0]).toMatch(/^3 /)
  const denied = await gateway.ask(`no.${alice}.signpost.internal`)
  expect(denied.rcode).toBe(Rcode.NXDOMAIN)
  expect(explanations(denied)[0]).toMatch(/^19 /)
})

test('a TTL is no longer than what is left of the TTL and of the validity of the signed record', async () => {
  const gateway = gatewayInProcess()
  const ttlOf = async (name: string): Promise<number | undefined> => (await gateway.ask(name)).answers[0]?.ttl
  await gateway.zones.publish(1, 'www 500 A 192.0.2.1\n', { ttl: 100, confirmedAt: START - 30_000 })
  expect(await ttlOf(`www.${alice}.signpost.internal`)).toBe(69)
  await gateway.zones.publish(2, 'www 500 A 192.0.2.1\n', { ttl: 1000, expiresAt: START + 21_000 })
  expect(await ttlOf(`www.${bob}.signpost.internal`)).toBe(20)
  await gateway.zones.publish(3, 'www 5 A 192.0.2.1\n', { ttl: 1000 })
  expect(await ttlOf(`www.${carol}.signpost.internal`)).toBe(5)
})

test('the suffix itself exists, with an SOA and nothing else', async () => {
  const gateway = gatewayInProcess()
  const soa = 'signpost.internal. 10 IN SOA signpost.internal. nobody.invalid. 1 3600 1200 604800 10'
  expect(lines((await gateway.ask('signpost.internal', 'SOA')).answers)).toEqual([soa])
  const noData = await gateway.ask('signpost.internal', 'A')
  expect(noData).toMatchObject({ rcode: Rcode.NOERROR, authenticData: false, answers: [] })
  expect(lines(noData.authorities)).toEqual([soa])
})

test('a label that is neither a zone ID nor a petname does not exist, and the reply says what to do', async () => {
  const gateway = gatewayInProcess()
  const reply = await gateway.ask('www.Alcie.signpost.internal')
  expect(reply).toMatchObject({ rcode: Rcode.NXDOMAIN, authoritative: false, authenticData: false })
  expect(explanations(reply)[0]).toMatch(
    /^0 "alcie" is neither a zone ID nor a petname .* signpost name add alcie/,
  )
  // At once, not when some TTL is over.
  gateway.petnames.set('alcie', alice)
  await gateway.zones.publish(1, 'www A 192.0.2.1\n')
  expect((await gateway.ask('www.alcie.signpost.internal')).rcode).toBe(Rcode.NOERROR)
})

test('a zone ID without a suffix is not asked of anybody, and the reply says how to ask', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  const reply = await gateway.ask(`www.${alice}`)
  expect(reply.rcode).toBe(Rcode.NXDOMAIN)
  expect(explanations(reply)[0]).toContain(`www.${IN_ALICE}`)
  expect(gateway.servers.sent).toEqual([])
})

test('no name under the suffix is ever sent anywhere, whatever becomes of it', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, recursiveServer('www.signpost.internal. A 203.0.113.1\n'))
  await gateway.zones.publish(1, `a CNAME b.${bob}.\nc CNAME nobody\n`)
  await gateway.zones.publish(2, 'retired')
  for (const name of ['', 'www.', 'x.y.z.', `a.${alice}.`, `c.${alice}.`, `q.${carol}.`, `.${bob}.`.slice(1)])
    for (const type of ['A', 'AAAA', 'ANY', 'NS', 'TYPE65280'])
      await gateway.ask(`${name}signpost.internal`, type)
  expect(gateway.servers.sent).toEqual([])
})

test('answers are cached and age, and a new version of a zone is seen once the gateway forgets the old one', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'www A 192.0.2.1\nvia CNAME www\n')
  await gateway.ask(`via.${alice}.signpost.internal`)
  const lookups = gateway.zones.asked.length
  gateway.zones.now += 10_000
  const aged = await gateway.ask(`vIa.${alice}.signpost.internal`)
  expect(lines(aged.answers)).toEqual([
    `vIa.${IN_ALICE} 290 IN CNAME www.${IN_ALICE}`,
    `www.${IN_ALICE} 290 IN A 192.0.2.1`,
  ])
  expect(gateway.zones.asked).toHaveLength(lookups)
  await gateway.zones.publish(1, 'via A 192.0.2.9\n', { sequence: 2 })
  expect((await gateway.ask(`via.${alice}.signpost.internal`)).answers).toHaveLength(2)
  gateway.cache.forget(alice)
  expect(lines((await gateway.ask(`via.${alice}.signpost.internal`)).answers)).toEqual([
    `via.${IN_ALICE} 300 IN A 192.0.2.9`,
  ])
})

test('records of several ages behind one alias each have what is left of their own TTL', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'www 100 A 192.0.2.1\nvia 300 CNAME www\n')
  await gateway.ask(`www.${alice}.signpost.internal`)
  gateway.zones.now += 40_000
  const reply = await gateway.ask(`via.${alice}.signpost.internal`)
  expect(reply.answers.map(record => record.ttl)).toEqual([300, 60])
  gateway.zones.now += 59_000
  expect((await gateway.ask(`via.${alice}.signpost.internal`)).answers.map(record => record.ttl)).toEqual([
    241, 1,
  ])
})
