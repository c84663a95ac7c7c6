import { type Message, Rcode, parseName } from '@signpost/dns'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { explanations, lines } from '../../asking.test-support.ts'
import { type Server, respond } from '../../in-process.test-support.ts'
import { idOf } from '../../zones.test-support.ts'
import { DAY, MINUTE, NEW, OLD, PinWorld, ZONE } from './world.test-support.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

type Options = ConstructorParameters<typeof PinWorld>[0]

/** A world in which both domains are pinned to one zone, and its owner has published it. */
async function pinned(zone = ZONE, options: Options = {}): Promise<PinWorld> {
  const world = new PinWorld(options)
  world.pin('signed.com', OLD)
  world.pin('plain.com', OLD)
  if (zone !== '') await world.publish(1, zone)
  await world.use('www.signed.com')
  await world.use('www.plain.com')
  await world.pass(10 * MINUTE)
  expect(world.pins).toMatchObject([{ by: 'first-use' }, { by: 'dnssec' }])
  return world
}

const failing =
  (rcode: number): Server =>
  request => ({ ...respond(request), rcode })

const failures: readonly (readonly [string, Server])[] = [
  ['SERVFAIL', failing(Rcode.SERVFAIL)],
  ['REFUSED', failing(Rcode.REFUSED)],
  ['FORMERR', failing(Rcode.FORMERR)],
  ['NOTIMP', failing(Rcode.NOTIMP)],
  ['silence', () => undefined],
  ['a referral', request => respond(request, { authorities: 'com. NS a.gtld-servers.net.' })],
]

describe.each(failures)('where ordinary DNS has %s for a domain', (_, outage) => {
  test('its names are answered from the owner’s zone, with AD where DNSSEC proved the pin', async () => {
    const world = await pinned()
    world.outage = outage
    expect(await world.see('www.signed.com')).toBe('93.184.216.7 AA AD EDE 3')
    expect(await world.see('www.plain.com')).toBe('93.184.216.7 AA EDE 3')
    expect(await world.see('none.signed.com')).toBe('NXDOMAIN AA AD EDE 19')
    expect(await world.see('www.signed.com', 'MX')).toBe('NOERROR AA AD EDE 3')
    expect(await world.see('www.elsewhere.org')).toMatch(/^SERVFAIL/)
  })
})

const servfail = failing(Rcode.SERVFAIL)

describe('what comes from an owner’s zone', () => {
  test('has the names of the domain, in owners and rdata, short TTLs, and says whose it is', async () => {
    const world = await pinned('@ MX 10 mail\nmail A 93.184.216.8\nwww HTTPS 1 other\n@ TXT other\n')
    world.outage = servfail
    const reply = await world.ask('Signed.com', 'MX')
    expect(lines(reply.answers)).toEqual(['Signed.com. 30 IN MX 10 mail.signed.com.'])
    expect(explanations(reply)).toEqual([
      `3 ordinary DNS fails for this name; this is from ${OLD}, the zone of signed.com, as DNSSEC proves`,
    ])
    expect(lines((await world.ask('www.plain.com', 'HTTPS')).answers)).toEqual([
      'www.plain.com. 30 IN HTTPS 1 other.plain.com.',
    ])
    expect(explanations(await world.ask('plain.com', 'MX'))[0]).toMatch(
      /the zone of plain\.com, as the domain said when it was first seen$/,
    )
    const denial = await world.ask('none.plain.com')
    expect(lines(denial.authorities)[0]).toMatch(new RegExp(`^plain\\.com\\. 30 IN SOA plain\\.com\\. `))
  })

  test('may be a wildcard’s, and follows aliases within the domain without asking anybody', async () => {
    const world = await pinned(
      'www A 93.184.216.7\nalias CNAME www\n*.wild CNAME www\nold DNAME new\nwww.new A 93.184.216.9\n',
    )
    world.outage = servfail
    for (const name of ['alias', 'x.y.wild']) {
      const sent = world.gateway.servers.sent.length
      const reply = await world.ask(`${name}.signed.com`)
      expect(lines(reply.answers)).toEqual([
        `${name}.signed.com. 30 IN CNAME www.signed.com.`,
        'www.signed.com. 30 IN A 93.184.216.7',
      ])
      expect(reply.authenticData).toBe(true)
      const asked = world.gateway.servers.sent.slice(sent)
      expect(asked.filter(line => line.toLowerCase().includes(' www.signed.com'))).toEqual([])
    }
    expect(await world.see('www.old.signed.com')).toMatch(/ 93\.184\.216\.9 AA AD EDE 3$/)
  })

  test('follows aliases out of the domain into ordinary DNS, without AD', async () => {
    const world = await pinned()
    const works = servfail
    world.outage = request =>
      request.questions[0]?.name.equals(parseName('www.elsewhere.org.')) === true
        ? respond(request, { answers: 'www.elsewhere.org. 60 A 93.184.216.99' })
        : works(request)
    expect(await world.see('out.signed.com')).toBe('www.elsewhere.org. 93.184.216.99 AA EDE 3')
    // Where that fails too the owner's zone has no answer.
    world.outage = servfail
    expect(await world.see('out.signed.com')).toMatch(/^SERVFAIL/)
    // And no denial of others is the owner's word.
    world.outage = request =>
      request.questions[0]?.name.equals(parseName('www.elsewhere.org.')) === true
        ? { ...respond(request, { authorities: 'org. 60 SOA a. b. 1 2 3 4 5' }), rcode: Rcode.NXDOMAIN }
        : works(request)
    expect(await world.see('out.signed.com')).toMatch(/^SERVFAIL/)
  })

  test('follows aliases into other zones, and ends where they go in a circle', async () => {
    const world = await pinned(`other CNAME www.${idOf(3)}.\nring CNAME ring2\nring2 CNAME ring\n`)
    await world.publish(3, 'www A 93.184.216.3\n')
    world.outage = servfail
    expect(await world.see('other.signed.com')).toBe(
      `www.${idOf(3)}.signpost.internal. 93.184.216.3 AA AD EDE 3`,
    )
    expect(await world.see('ring.signed.com')).toMatch(/^SERVFAIL/)
  })

  test('may be a label that is handed to another key, or to an ordinary server by its ordinary name', async () => {
    const zone = `bob NS ${idOf(3)}.\ncorp NS ns.corp\nns.corp A 93.184.216.53\n`
    const world = await pinned(zone)
    await world.publish(3, 'www A 93.184.216.3\n')
    world.outage = servfail
    expect(await world.see('www.bob.signed.com')).toBe('93.184.216.3 AA AD EDE 3')
    const asked: string[] = []
    world.gateway.servers.add({ host: '93.184.216.53', port: 53 }, (request: Message) => {
      const name = request.questions[0]?.name.toString().toLowerCase() ?? ''
      asked.push(name)
      return name.startsWith('www')
        ? { ...respond(request, { answers: `${name} 600 A 93.184.216.54` }), authoritative: true }
        : {
            ...respond(request, { authorities: 'corp.signed.com. 60 SOA a. b. 1 2 3 4 5' }),
            rcode: Rcode.NXDOMAIN,
          }
    })
    expect(await world.see('www.corp.signed.com')).toBe('93.184.216.54 EDE 3')
    expect(asked).toEqual(['www.corp.signed.com.'])
    // That server's denial is no signed one.
    expect(await world.see('none.corp.signed.com')).toMatch(/^SERVFAIL/)
  })

  test('is nothing where the zone is nowhere, expired, broken, or too slow', async () => {
    const world = await pinned('')
    world.outage = servfail
    expect(await world.see('www.signed.com')).toMatch(/^SERVFAIL/)
    world.gateway.zones.give(OLD, new Uint8Array(300))
    expect(await world.see('www.signed.com')).toMatch(/^SERVFAIL/)
    await world.publish(1, ZONE, { expiresAt: world.gateway.zones.now + 1000 })
    expect(await world.see('www.signed.com')).toBe('93.184.216.7 AA AD EDE 3')
    world.gateway.zones.now += 2000
    expect(await world.see('www.signed.com')).toMatch(/^SERVFAIL/)
    world.gateway.zones.silent.add(OLD)
    expect(await world.see('www.signed.com')).toMatch(/^SERVFAIL/)
  })

  test('is nothing about whether the domain itself is signed, which is the parent’s to say', async () => {
    const world = await pinned()
    world.outage = servfail
    expect(await world.see('signed.com', 'DS')).toMatch(/^SERVFAIL/)
    expect(await world.see('www.signed.com', 'DS')).toBe('NOERROR AA AD EDE 3')
  })

  test('does not lead into private networks, except where the user trusts the domain', async () => {
    const world = await pinned('www A 192.168.0.1\n')
    world.outage = servfail
    expect(await world.see('www.signed.com')).toBe('NOERROR EDE 17')
    const trusting = await pinned('www A 192.168.0.1\n', {
      protection: { rebinding: { exceptions: ['signed.com'] } },
    })
    trusting.outage = servfail
    expect(await trusting.see('www.signed.com')).toBe('192.168.0.1 AA AD EDE 3')
    expect(await trusting.see('www.plain.com')).toBe('NOERROR EDE 17')
  })

  test('of a stranger is not trusted with them by being pinned, even where its node keeps it', async () => {
    const world = await pinned('www A 192.168.0.1\n', {
      protection: { rebinding: { zones: 'petnames', trustsZone: () => true } },
    })
    world.outage = servfail
    expect(await world.see('www.signed.com')).toBe('NOERROR EDE 17')
  })

  test('is the newest that the node has', async () => {
    const world = await pinned()
    world.outage = servfail
    await world.see('www.signed.com')
    await world.publish(1, 'www A 93.184.216.77\n', { sequence: 2 })
    expect(await world.see('www.signed.com')).toBe('93.184.216.77 AA AD EDE 3')
  })

  test('is not asked for where ordinary DNS answers, or denies what nobody guards', async () => {
    const world = await pinned()
    expect(await world.see('www.signed.com')).toBe('93.184.216.34')
    expect(await world.see('alias.signed.com')).toBe('NXDOMAIN')
  })

  test('is known of a domain that the user pins, which counts before what was learned, and never with AD', async () => {
    const world = await pinned()
    await world.publish(2, 'www A 93.184.216.22\n')
    world.gateway.owners.replaceOwn([
      { domain: parseName('signed.com.'), zoneId: NEW },
      { domain: parseName('corp.internal.'), zoneId: NEW },
      { domain: parseName('sub.plain.com.'), zoneId: NEW },
    ])
    world.outage = servfail
    expect(await world.see('www.signed.com')).toBe('93.184.216.22 AA EDE 3')
    expect(await world.see('www.sub.plain.com')).toBe('93.184.216.22 AA EDE 3')
    expect(await world.see('www.plain.com')).toBe('93.184.216.7 AA EDE 3')
    expect(explanations(await world.ask('www.sub.plain.com'))[0]).toMatch(
      /the zone of sub\.plain\.com, as you said$/,
    )
  })
})

const guarded = async (zone?: string): Promise<PinWorld> => {
  const world = await pinned(zone, { guard: ['*.signed.com'] })
  await world.use('www.signed.com')
  await world.pass(10 * MINUTE)
  await world.use('www.signed.com')
  expect(world.gateway.guard.stats()).toMatchObject({ answers: 1 })
  return world
}
const noData: Server = request => respond(request, { authorities: 'signed.com. 60 SOA a. b. 1 2 3 4 5' })
const bogus: Server = request => respond(request, { answers: 'www.signed.com. 60 A 127.0.0.1' })

describe('with a guard', () => {
  test('a denial, or a bogus address, that the guard does not believe is answered by the owner', async () => {
    const world = await guarded()
    for (const lie of [noData, bogus]) {
      world.outage = lie
      expect(await world.see('www.signed.com')).toBe('93.184.216.7 AA AD EDE 4')
    }
    expect(world.gateway.guard.stats()).toMatchObject({ began: 1, accepted: 0 })
  })

  test.each([
    ['that there is no such name', 'other A 93.184.216.8\n', 'NXDOMAIN'],
    ['that there is no such type', 'www TXT gone\n', 'NOERROR'],
    ['that there is nothing any more', 'retired', 'NXDOMAIN'],
  ])('where the owner signs %s too, that is believed at once', async (_, zone, rcode) => {
    const world = await guarded()
    await world.publish(1, zone, { sequence: 2 })
    world.outage = noData
    expect(await world.see('www.signed.com')).toBe('NOERROR')
    expect(world.gateway.guard.reports()).toEqual([])
    expect(world.gateway.guard.stats()).toMatchObject({ accepted: 1, answers: 0 })
    world.outage = servfail
    expect(await world.see('www.signed.com')).toMatch(new RegExp(`^${rcode} AA AD EDE`))
  })

  test('where the owner’s zone cannot be had, the last good answer is given', async () => {
    const world = await guarded('')
    world.outage = noData
    expect(await world.see('www.signed.com')).toBe('93.184.216.34 EDE 4')
  })
})

test('a day later pins, and what is known of zones, are as they were', async () => {
  const world = await pinned()
  await world.pass(3 * DAY)
  world.outage = servfail
  expect(await world.see('www.signed.com')).toBe('93.184.216.7 AA AD EDE 3')
  await world.pass(DAY)
  await world.use('www.signed.com')
  expect(world.pins).toMatchObject([{ by: 'first-use' }, { by: 'dnssec' }])
})
