import { Rcode, type ResourceRecord } from '@signpost/dns'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { explanations, lines, plainEdns } from '../../asking.test-support.ts'
import { UPSTREAM, recursiveServer, respond } from '../../in-process.test-support.ts'
import { FakeOwnerZones, FakeWitnesses, found } from '../continuity.test-support.ts'
import { Continuity } from '../continuity.ts'
import { ownQuery } from '../own-query.ts'
import { GOOD, HOUR, MINUTE, SOA, World, answering, noData, noName, silent } from './world.test-support.ts'

const OTHER = { host: '192.0.2.54', port: 53 }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test.each([
  ['a denial', noData],
  ['a failure', silent],
])(
  'while %s is in doubt the upstreams are asked at 30 s, then ever later up to five minutes',
  async (_what, lie) => {
    const world = new World()
    await world.prove()
    world.says = lie
    const asked: number[] = []
    await world.ask()
    let before = world.sent
    for (let second = 1; second <= 1500; second++) {
      await world.pass(1000)
      await world.ask()
      if (world.sent !== before) asked.push(second)
      before = world.sent
    }
    expect(asked).toEqual([30, 90, 210, 450, 750, 1050, 1350])
  },
)

test('a failure that nobody asks about any more is not asked about either, until somebody does', async () => {
  const world = new World()
  await world.prove()
  world.says = silent
  await world.ask()
  await world.pass(HOUR)
  const { sent } = world
  await world.pass(24 * HOUR)
  expect(world.sent).toBe(sent)
  world.says = recursiveServer(GOOD)
  // The one who asks gets the old answer at once, and the next one the new.
  expect(await world.see()).toBe('93.184.216.34 EDE 3')
  await world.pass(2000)
  expect(await world.see()).toBe('93.184.216.34')
})

test('every upstream is asked again, and one that has a good answer is enough', async () => {
  const world = new World({ upstreams: [UPSTREAM, OTHER] })
  await world.prove()
  world.says = noData
  world.gateway.servers.add(OTHER, noName)
  expect(await world.see()).toBe('93.184.216.34 EDE 4')
  world.gateway.servers.add(OTHER, recursiveServer(GOOD))
  await world.pass(31_000)
  expect(world.gateway.guard.reports()).toEqual([])
  expect(world.gateway.servers.sent.slice(-2).map(line => line.split(' ')[0])).toEqual([
    '192.0.2.53:53',
    '192.0.2.54:53',
  ])
})

test('what came only once is no last good answer; it is asked for once more by itself, ten minutes later', async () => {
  const world = new World()
  await world.ask()
  world.says = noData
  await world.pass(61_000)
  expect(await world.see()).toBe('NOERROR')
  const { sent } = world
  world.says = recursiveServer(GOOD)
  await world.pass(9 * MINUTE)
  expect(world.sent).toBe(sent + 1)
  world.says = noData
  expect(await world.see()).toBe('93.184.216.34 EDE 4')
})

test('a forger who controls the path for a minute is out of it a minute later, and the guard gives nothing of his', async () => {
  const world = new World()
  await world.prove()
  await world.pass(HOUR)
  const forged = 'www.example. 604800 IN A 6.6.6.6\n'
  world.says = recursiveServer(forged)
  const during = await world.ask()
  // As without a guard, but not for a week.
  expect(lines(during.answers)).toEqual(['www.example. 60 IN A 6.6.6.6'])
  await world.pass(MINUTE)
  world.says = silent
  expect(await world.see()).toBe('93.184.216.34 EDE 3')
  await world.pass(HOUR)
  world.says = noData
  expect(await world.see()).toBe('93.184.216.34 EDE 3')
  world.says = recursiveServer(GOOD)
  await world.pass(10 * MINUTE)
  expect(await world.see()).toBe('93.184.216.34')
  expect(await world.see()).toBe('93.184.216.34')
})

test('a forger’s minute on a name that was never asked before leaves nothing to give out', async () => {
  const world = new World()
  world.says = recursiveServer('www.example. 604800 IN A 6.6.6.6\n')
  expect(await world.see()).toBe('6.6.6.6')
  await world.pass(MINUTE + 1)
  world.says = recursiveServer(GOOD)
  expect(await world.see()).toBe('93.184.216.34')
  await world.pass(20 * MINUTE)
  world.says = noData
  expect(await world.see()).toBe('93.184.216.34 EDE 4')
})

test('a clock that jumps proves nothing and makes nobody believe', async () => {
  const world = new World()
  await world.ask()
  world.gateway.zones.now += 365 * 24 * HOUR
  await world.ask()
  world.says = noData
  world.gateway.cache.clear()
  expect(await world.see()).toBe('NOERROR')
  world.gateway.cache.clear()
  world.says = recursiveServer(GOOD)
  await world.prove()
  world.says = noData
  for (const jump of [365, -800, 365]) {
    world.gateway.zones.now += jump * 24 * HOUR
    world.gateway.cache.clear()
    expect(await world.see()).toBe('93.184.216.34 EDE 4')
    await world.pass(31_000)
  }
  expect(world.gateway.guard.reports()).toHaveLength(1)
})

test('a name behind aliases is given with them, and a chain that ends in nothing is not believed', async () => {
  const world = new World()
  const chain = 'www.example. 60 CNAME cdn.example.net.\ncdn.example.net. 60 CNAME edge.example.net.\n'
  world.says = recursiveServer(`${chain}edge.example.net. 60 A 93.184.216.34\n`)
  await world.prove()
  world.says = recursiveServer(`${chain}edge.example.net. 60 TXT "x"\n`)
  const reply = await world.ask()
  expect(lines(reply.answers)).toEqual([
    'www.example. 30 IN CNAME cdn.example.net.',
    'cdn.example.net. 30 IN CNAME edge.example.net.',
    'edge.example.net. 30 IN A 93.184.216.34',
  ])
  expect(explanations(reply)).toEqual([
    expect.stringContaining('4 ordinary DNS says that there is no such type'),
  ])
})

test('of the addresses that a CDN gives in turn, the newest that are proved are given', async () => {
  const world = new World()
  let turn = 0
  const pool = Array.from({ length: 12 }, (_, n) => `93.184.216.${n + 1}`)
  world.says = request => {
    turn++
    return answering(...[0, 1].map(n => pool[(turn + n) % pool.length] as string))(request)
  }
  for (let minute = 0; minute < 40; minute++) {
    await world.ask()
    await world.pass(MINUTE)
  }
  world.says = silent
  const given = (await world.ask()).answers.map(record => lines([record])[0]?.split(' ').at(-1))
  expect(given).toEqual([0, 1].map(n => pool[(turn + n) % pool.length]))
})

test('no such name of one type is no such type, where another type has a good answer', async () => {
  const world = new World()
  await world.prove()
  world.says = noName
  const reply = await world.ask('www.example', 'AAAA')
  expect([reply.rcode, lines(reply.answers)]).toEqual([Rcode.NOERROR, []])
  expect(reply.authorities).toHaveLength(1)
  expect(explanations(reply)).toEqual([
    expect.stringContaining('0 ordinary DNS says that there is no such name'),
  ])
  // It counts for the good answer too, which nobody has asked for since.
  expect(world.gateway.guard.reports()).toMatchObject([
    { name: 'www.example.', type: 'A', trouble: 'no-name' },
  ])
  await world.pass(7 * HOUR)
  expect(await world.see('www.example', 'AAAA')).toBe('NXDOMAIN')
})

test('a change that the user accepts is true at once, for all types of the name', async () => {
  const world = new World()
  const zone = `${GOOD}www.example. 60 AAAA 2606:2800::1\ntwo.example. 60 A 93.184.216.35\n`
  world.says = recursiveServer(zone)
  for (const [name, type] of [
    ['www.example', 'A'],
    ['www.example', 'AAAA'],
    ['two.example', 'A'],
  ])
    await world.ask(name, type)
  await world.pass(10 * MINUTE + 1)
  world.says = noName
  expect(await world.see()).toBe('93.184.216.34 EDE 4')
  expect(await world.see('two.example')).toBe('93.184.216.35 EDE 4')
  expect(await world.see('www.example', 'AAAA')).toBe('2606:2800::1 EDE 4')
  const { name } = (await world.ask()).questions[0]!
  expect(world.gateway.guard.acceptName(name)).toBe(2)
  expect(world.gateway.guard.acceptName(name)).toBe(0)
  await world.pass(2000)
  expect(await world.see()).toBe('NXDOMAIN')
  expect(await world.see('www.example', 'AAAA')).toBe('NXDOMAIN')
  expect(await world.see('two.example')).toBe('93.184.216.35 EDE 4')
  expect(world.gateway.guard.stats()).toMatchObject({ accepted: 2, doubts: { 'no-name': 1 } })
})

test('a client that waits for an upstream gets the last good answer in time, and the doubt follows', async () => {
  const world = new World()
  await world.prove()
  await world.pass(MINUTE)
  const gate = Promise.withResolvers<void>()
  world.says = async request => {
    await gate.promise
    return respond(request, { authorities: SOA })
  }
  world.gateway.cache.clear()
  const asked = world.gateway.ask('www.example')
  await world.pass(1800)
  const reply = await asked
  expect(lines(reply.answers)).toEqual(['www.example. 30 IN A 93.184.216.34'])
  expect(explanations(reply)).toEqual([
    '3 ordinary DNS does not answer in time; this is the last good answer',
  ])
  expect(world.gateway.guard.reports()).toEqual([])
  gate.resolve()
  await world.pass(0)
  expect(world.gateway.guard.reports()).toMatchObject([{ trouble: 'no-data' }])
})

test('a name in doubt that everybody asks for is answered, and counts against nobody', async () => {
  const world = new World({ protection: { unlimited: [] }, limits: { clientLookups: 1 } })
  await world.prove()
  await world.pass(MINUTE)
  world.says = noData
  for (let n = 0; n < 100; n++) expect(await world.see()).toBe('93.184.216.34 EDE 4')
  // Where the cache has nothing old either.
  await world.pass(10_000)
  world.gateway.cache.clear()
  for (let n = 0; n < 100; n++) expect(await world.see()).toBe('93.184.216.34 EDE 4')
})

test('what stopping cuts off begins no doubt', async () => {
  const world = new World()
  await world.prove()
  await world.pass(MINUTE)
  world.gateway.guard.close()
  world.says = silent
  expect(await world.see()).toBe('93.184.216.34 EDE 3')
  expect(world.gateway.guard.reports()).toEqual([])
})

test('that nobody answers when a proof is asked for is no doubt, that the name is denied is', async () => {
  const world = new World()
  await world.prove()
  for (const [address, lie, doubts] of [
    ['93.184.216.35', silent, 0],
    ['93.184.216.36', noData, 1],
  ] as const) {
    world.says = answering('93.184.216.34', address)
    await world.pass(MINUTE)
    await world.ask()
    world.says = lie
    await world.pass(10 * MINUTE + 1)
    expect(world.gateway.guard.reports()).toHaveLength(doubts)
  }
})

test('what a client without validation sees is judged, and teaches nothing', async () => {
  const world = new World()
  const unvalidated = { checkingDisabled: true }
  await world.ask('www.example', 'A', unvalidated)
  await world.pass(10 * MINUTE + 1)
  await world.ask('www.example', 'A', unvalidated)
  expect(world.gateway.guard.stats().answers).toBe(0)
  await world.prove()
  world.says = noData
  const reply = await world.ask('www.example', 'A', unvalidated)
  expect(lines(reply.answers)).toEqual(['www.example. 30 IN A 93.184.216.34'])
  expect(world.gateway.guard.reports()).toEqual([])
})

test('a client that validates gets the signatures of the last good answer too', async () => {
  const world = new World()
  const rrsig =
    'www.example. 60 TYPE46 \\# 31 00010d0200000e10ffffffff000000000001076578616d706c650061626300\n'
  const dnssecOk = { edns: { ...plainEdns, dnssecOk: true } }
  world.says = request => respond(request, { answers: `${GOOD}${rrsig}` })
  await world.ask('www.example', 'A', dnssecOk)
  await world.pass(10 * MINUTE + 1)
  await world.ask('www.example', 'A', dnssecOk)
  world.says = silent
  await world.pass(MINUTE)
  expect(types((await world.ask('www.example', 'A', dnssecOk)).answers)).toEqual([1, 46])
  expect(types((await world.ask()).answers)).toEqual([1])
})

test('names that are guarded no longer are as if they never were', async () => {
  const world = new World()
  await world.prove()
  world.says = noData
  expect(await world.see()).toBe('93.184.216.34 EDE 4')
  world.gateway.guard.replace({
    texts: ['other.example'],
    covers: name => name.toString() === 'other.example.',
  })
  expect(world.gateway.guard.stats()).toMatchObject({ answers: 0, patterns: 1 })
  await world.pass(1500)
  expect(await world.see()).toBe('NOERROR')
  const { sent } = world
  await world.pass(HOUR)
  expect(world.sent).toBe(sent)
})

test('the owner’s zone comes before the last good answer, and a removal that the owner signed is believed', async () => {
  const owners = new FakeOwnerZones()
  const world = new World()
  // The guard of the gateway, with owners beside it.
  const { guard } = world.gateway
  const continuity = new Continuity({ guard, owners, onError: error => world.gateway.errors.push(error) })
  await world.prove()
  const query = { ...(await queryOf(world)), signal: new AbortController().signal }
  owners.known.set('www.example.', found('answer', 'www.example. 60 A 93.184.216.77'))
  expect(lines((await continuity.offer(query, 'no-data'))?.answers ?? [])).toEqual([
    'www.example. 30 IN A 93.184.216.77',
  ])
  owners.known.delete('www.example.')
  expect(lines((await continuity.offer(query, 'no-data'))?.answers ?? [])).toEqual([
    'www.example. 30 IN A 93.184.216.34',
  ])
  owners.known.set('www.example.', found('no-name', SOA))
  expect(await continuity.offer(query, 'no-data')).toBeUndefined()
  expect(guard.stats().answers).toBe(0)
  expect(continuity.counts).toEqual({ owners: 1, lastGood: 1, witnesses: 0 })
})

test('witnesses answer for a guarded name that is denied where nothing is known, and for others only where it fails', async () => {
  const witnesses = new FakeWitnesses()
  const world = new World({ continuity: { witnesses } })
  const { guard } = world.gateway
  const continuity = new Continuity({ guard, witnesses, onError: error => world.gateway.errors.push(error) })
  witnesses.known.set('www.example.', found('answer', 'www.example. 60 A 93.184.216.88'))
  const query = await queryOf(world)
  const empty = found('no-data', SOA)
  expect(continuity.judge(query, empty)).toEqual({ kind: 'doubted', trouble: 'no-data' })
  const offer = await continuity.offer(query, 'no-data')
  expect(offer).toMatchObject({
    provenance: { stale: true, verified: false },
    extendedError: { infoCode: 4 },
  })
  const unguarded = { ...query, question: { ...query.question, name: query.question.name.parent } }
  expect(continuity.judge(unguarded, empty)).toEqual({ kind: 'believed', outcome: empty })
  expect(continuity.judge(unguarded, { kind: 'upstream-failed', text: '' })).toMatchObject({
    kind: 'doubted',
  })
})

function types(records: readonly ResourceRecord[]): number[] {
  return records.map(({ type }) => type)
}

async function queryOf(world: World) {
  return ownQuery((await world.ask()).questions[0]!, 4, new AbortController().signal)
}
