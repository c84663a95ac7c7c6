import { expect, test } from 'vitest'
import { RecordExpiredError } from '@signpost/core'
import { type RrSet, RrType, parseName, printRecord, recordsOf } from '@signpost/dns'
import type { ResolveOutcome, ZoneResolver } from '@signpost/node'
import { type NameAnswer, type Step, resolveName } from './resolve-name.ts'
import { owner, provenance, resolverOf, signedZone } from './zones.test-support.ts'

const alice = owner(1)
const bob = owner(2)
const carol = owner(3)

async function ask(resolver: ZoneResolver, name: string, type: number = RrType.A): Promise<NameAnswer> {
  return resolveName(resolver, parseName(name), type)
}

function lines(sets: readonly RrSet[]): string[] {
  return sets
    .flatMap(recordsOf)
    .map(record => printRecord(record).replaceAll(alice.zoneId, 'ALICE').replaceAll(bob.zoneId, 'BOB'))
}

test('a name has the records that its zone says', async () => {
  const resolver = resolverOf(await signedZone(alice, 'www A 192.0.2.1\nwww A 192.0.2.2'))
  const answer = await ask(resolver, `www.${alice.zoneId}`)
  expect(answer.kind).toBe('answer')
  expect(lines(answer.sets)).toEqual(['www.ALICE. 300 IN A 192.0.2.1', 'www.ALICE. 300 IN A 192.0.2.2'])
})

test('ANY is all records of the name', async () => {
  const resolver = resolverOf(await signedZone(alice, 'www A 192.0.2.1\nwww TXT x\nmail A 192.0.2.2'))
  const answer = await ask(resolver, `www.${alice.zoneId}`, RrType.ANY)
  expect(lines(answer.sets)).toEqual(['www.ALICE. 300 IN A 192.0.2.1', 'www.ALICE. 300 IN TXT "x"'])
})

test('an alias leads on within the zone, and its records come first', async () => {
  const resolver = resolverOf(await signedZone(alice, 'www A 192.0.2.1\nblog CNAME www'))
  const answer = await ask(resolver, `blog.${alice.zoneId}`)
  expect(lines(answer.sets)).toEqual(['blog.ALICE. 300 IN CNAME www.ALICE.', 'www.ALICE. 300 IN A 192.0.2.1'])
})

test('an alias leads into the zone of another key, and into a DNAME there', async () => {
  const resolver = resolverOf(
    await signedZone(alice, `shop CNAME www.old.${bob.zoneId}.`),
    await signedZone(bob, 'old DNAME new\nwww.new A 192.0.2.7'),
  )
  const answer = await ask(resolver, `shop.${alice.zoneId}`)
  expect(answer.kind).toBe('answer')
  expect(lines(answer.sets)).toEqual([
    'shop.ALICE. 300 IN CNAME www.old.BOB.',
    'old.BOB. 300 IN DNAME new.BOB.',
    'www.old.BOB. 300 IN CNAME www.new.BOB.',
    'www.new.BOB. 300 IN A 192.0.2.7',
  ])
})

test('an alias is an answer where it is asked for itself', async () => {
  const resolver = resolverOf(await signedZone(alice, `shop CNAME www.${bob.zoneId}.`))
  const answer = await ask(resolver, `shop.${alice.zoneId}`, RrType.CNAME)
  expect(answer.kind).toBe('answer')
  expect(answer.sets).toHaveLength(1)
})

test('an alias into ordinary DNS ends there', async () => {
  const resolver = resolverOf(await signedZone(alice, 'cdn CNAME cdn.example.net.'))
  expect(await ask(resolver, `cdn.${alice.zoneId}`)).toMatchObject({
    kind: 'elsewhere',
    target: expect.objectContaining({ key: parseName('cdn.example.net.').key }) as unknown,
  })
})

test('a label that another key holds has the names that were asked for', async () => {
  const resolver = resolverOf(
    await signedZone(alice, `bob NS ${bob.zoneId}.`),
    await signedZone(bob, 'www A 192.0.2.2\nblog CNAME www'),
  )
  const answer = await ask(resolver, `blog.bob.${alice.zoneId}`)
  expect(lines(answer.sets)).toEqual([
    'blog.bob.ALICE. 300 IN CNAME www.bob.ALICE.',
    'www.bob.ALICE. 300 IN A 192.0.2.2',
  ])
})

test('a label may be handed on and on', async () => {
  const resolver = resolverOf(
    await signedZone(alice, `bob NS ${bob.zoneId}.`),
    await signedZone(bob, `carol NS ${carol.zoneId}.`),
    await signedZone(carol, 'www A 192.0.2.3'),
  )
  const answer = await ask(resolver, `www.carol.bob.${alice.zoneId}`)
  expect(lines(answer.sets)).toEqual(['www.carol.bob.ALICE. 300 IN A 192.0.2.3'])
})

test('a label that ordinary name servers hold ends with them', async () => {
  const resolver = resolverOf(await signedZone(alice, 'lab NS ns1.example.net.'))
  const answer = await ask(resolver, `www.lab.${alice.zoneId}`)
  expect(answer.kind).toBe('delegated')
  expect(lines(answer.sets)).toEqual(['lab.ALICE. 300 IN NS ns1.example.net.'])
})

test('every zone has an SOA', async () => {
  const resolver = resolverOf(await signedZone(alice, 'www A 192.0.2.1'))
  expect(await ask(resolver, alice.zoneId, RrType.SOA)).toMatchObject({
    kind: 'answer',
    sets: [{ type: RrType.SOA }],
  })
})

test('no name, no such type, no zone and no record are four things', async () => {
  const resolver = resolverOf(await signedZone(alice, 'www A 192.0.2.1'), await signedZone(bob, undefined))
  expect(await ask(resolver, `nobody.${alice.zoneId}`)).toMatchObject({ kind: 'no-name' })
  expect(await ask(resolver, `www.${alice.zoneId}`, RrType.MX)).toMatchObject({ kind: 'no-data' })
  expect(await ask(resolver, `www.${bob.zoneId}`)).toMatchObject({ kind: 'retired', zoneId: bob.zoneId })
  expect(await ask(resolver, `www.${carol.zoneId}`)).toMatchObject({ kind: 'absent', zoneId: carol.zoneId })
})

test('a zone that cannot be used says why', async () => {
  const record = await signedZone(alice, 'www A 192.0.2.1')
  const outcomes: ResolveOutcome[] = [
    { kind: 'expired', record, provenance },
    { kind: 'invalid', error: new RecordExpiredError(alice.zoneId, 'then', 0), provenance },
  ]
  for (const outcome of outcomes) {
    const resolver: ZoneResolver = { resolve: async () => outcome }
    expect(await ask(resolver, `www.${alice.zoneId}`)).toMatchObject({
      kind: outcome.kind,
      zoneId: alice.zoneId,
    })
  }
})

test('aliases that go in a circle end', async () => {
  const resolver = resolverOf(
    await signedZone(alice, `a CNAME b.${bob.zoneId}.`),
    await signedZone(bob, `b CNAME a.${alice.zoneId}.`),
  )
  expect(await ask(resolver, `a.${alice.zoneId}`)).toMatchObject({ kind: 'loop' })
})

test('zones that hand a label to each other end', async () => {
  const resolver = resolverOf(
    await signedZone(alice, `x NS ${bob.zoneId}.`),
    await signedZone(bob, `x NS ${alice.zoneId}.`),
  )
  const name = `${'x.'.repeat(40)}${alice.zoneId}`
  expect(await ask(resolver, name)).toMatchObject({ kind: 'loop' })
})

test('every step is told', async () => {
  const resolver = resolverOf(
    await signedZone(alice, `shop CNAME www.${bob.zoneId}.`),
    await signedZone(bob, 'www A 192.0.2.7'),
  )
  const steps: Step[] = []
  await resolveName(resolver, parseName(`shop.${alice.zoneId}`), RrType.A, {
    onStep: step => steps.push(step),
  })
  expect(steps).toMatchObject([
    { kind: 'zone', zoneId: alice.zoneId },
    { kind: 'lookup', result: 'alias' },
    { kind: 'zone', zoneId: bob.zoneId },
    { kind: 'lookup', result: 'answer' },
  ])
})
