import { apexOf, createZone, zoneOf } from '@signpost/core'
import { type ResourceRecord, parseZoneFile } from '@signpost/dns'
import { describe, expect, test } from 'vitest'
import { type Engine, DAY, NOW, createEngine, createOwner, failureOf } from '../engine.test-support.ts'
import { MemoryNetwork } from '../routing/memory-routing.ts'
import { type PublishRequest, publish } from './publish.ts'

const owner = createOwner()
const { zoneId, routingKey, signer } = owner

function zone(...lines: string[]): ResourceRecord[] {
  return parseZoneFile(lines.join('\n'), { origin: apexOf(zoneId), defaultTtl: 60 })
}

function request(content: PublishRequest['content'], changes: Partial<PublishRequest> = {}): PublishRequest {
  return { signer, content, now: NOW, ...changes }
}

/** Two machines with one key in one network. */
function twoMachines(): { desktop: Engine; laptop: Engine; network: MemoryNetwork } {
  const network = new MemoryNetwork()
  network.add()
  network.add()
  return { desktop: createEngine({ network }), laptop: createEngine({ network }), network }
}

describe('a publication', () => {
  test('made from an older version is refused with both versions and what lies between, and nothing is signed', async () => {
    const { desktop, laptop, network } = twoMachines()
    const { record: base } = await publish(desktop, request(zone('www A 192.0.2.1', 'mail A 192.0.2.2')))
    const { record: theirs } = await publish(
      laptop,
      request(zone('www A 192.0.2.7', 'mail A 192.0.2.2', 'new A 192.0.2.3'), { base: 1 }),
    )
    const puts: unknown[] = []
    desktop.put = async record => {
      puts.push(record)
      throw new Error('nothing may be put')
    }
    const late = request(zone('www A 192.0.2.1', 'mail A 192.0.2.9'))
    expect(await failureOf(publish(desktop, late))).toMatchObject({
      code: 'PUBLISH_CONFLICT',
      zoneId,
      expected: 1,
      current: 2,
      base: { data: base.data },
      theirs: { data: theirs.data },
      lost: undefined,
      diff: ['+ new 60 A 192.0.2.3', '- www 60 A 192.0.2.1', '+ www 60 A 192.0.2.7'],
      message: expect.stringMatching(
        /at sequence 2, not at 1 .*nothing was published.*from sequence 2.*rebase/,
      ),
    })
    expect(puts).toEqual([])
    for (const holder of network.holders) expect(holder.held(routingKey)).toEqual(theirs.bytes)
  })

  test('that was late stays refused until its owner says that it takes the other version into account', async () => {
    const { desktop, laptop } = twoMachines()
    await publish(desktop, request(owner.records('one')))
    await publish(laptop, request(owner.records('two'), { base: 'standing' }))
    for (let attempt = 0; attempt < 2; attempt++)
      expect(await failureOf(publish(desktop, request(owner.records('three'))))).toMatchObject({ current: 2 })
    // What the desktop has heard of is not what its content was made from.
    await desktop.resolve(zoneId, { policy: 'network-first' })
    expect(await failureOf(publish(desktop, request(owner.records('three'))))).toMatchObject({ current: 2 })
    const seen = request(owner.records('three'), { base: 2 })
    expect((await publish(desktop, seen)).sequence).toBe(3)
    expect((await publish(desktop, request(owner.records('four')))).sequence).toBe(4)
  })

  test('by an owner who has nothing but the key is refused until it is said what it was made from', async () => {
    const { desktop, laptop } = twoMachines()
    const { record } = await publish(desktop, request(owner.records('one')))
    for (const changes of [{}, { rebase: true }])
      expect(await failureOf(publish(laptop, request(owner.records('two'), changes)))).toMatchObject({
        code: 'PUBLISH_CONFLICT',
        expected: 0,
        current: 1,
        message: expect.stringContaining('nothing of it was published from this data directory before'),
      })
    const { replaced } = await publish(laptop, request(owner.records('two'), { base: 'standing' }))
    expect(replaced?.data).toEqual(record.data)
  })

  test('that says just what stands is no conflict, whatever it was made from', async () => {
    const { desktop, laptop } = twoMachines()
    await publish(desktop, request(owner.records('one')))
    expect((await publish(laptop, request(owner.records('one')))).sequence).toBe(2)
    expect((await publish(desktop, request(owner.records('one')))).sequence).toBe(3)
  })

  test('may name the record that it was made from, or that there was none', async () => {
    const { desktop, laptop } = twoMachines()
    const none = { base: 0 }
    const { record: first } = await publish(desktop, request(owner.records('one'), none))
    expect(await failureOf(publish(laptop, request(owner.records('two'), none)))).toMatchObject({
      expected: 0,
      current: 1,
      base: undefined,
    })
    await publish(laptop, request(owner.records('two'), { base: first }))
    expect(await failureOf(publish(laptop, request(owner.records('three'), { base: first })))).toMatchObject({
      expected: 1,
      current: 2,
    })
  })

  test('is compared by the signed data: the same sequence with other data is another record', async () => {
    const ours = await owner.sign(5, { text: 'ours' })
    const theirs = await owner.sign(5, { text: 'theirs', expiresAt: ours.expiresAt + 1 })
    for (const base of [{ base: ours }, { base: 5 }, {}]) {
      const engine = createEngine()
      await engine.store.put(await owner.sign(4), { confirmedAt: NOW, own: true })
      await engine.store.put(ours, { confirmedAt: NOW, own: true })
      engine.network.add().hold(routingKey, theirs.bytes)
      expect(await failureOf(publish(engine, request(owner.records('next'), base)))).toMatchObject({
        code: 'PUBLISH_CONFLICT',
        current: 5,
        theirs: { data: theirs.data },
      })
      // Now it is known that ours has lost, so that a change is measured from what stood before.
      expect(await failureOf(publish(engine, request(owner.records('next'))))).toMatchObject({
        expected: 4,
        base: { sequence: 4 },
        diff: ['- @ 60 TXT "version 4"', '+ @ 60 TXT "theirs"'],
      })
    }
  })

  test('by an owner whose only publication has lost is refused as well', async () => {
    const engine = createEngine()
    await engine.store.put(await owner.sign(1, { text: 'ours' }), { confirmedAt: NOW, own: true })
    const theirs = await owner.sign(1, { text: 'theirs', expiresAt: NOW + 60 * DAY })
    await engine.store.put(theirs, { confirmedAt: NOW })
    engine.network.add()
    expect(await failureOf(publish(engine, request(owner.records('next'))))).toMatchObject({
      code: 'PUBLISH_CONFLICT',
      expected: 0,
      base: undefined,
      theirs: { data: theirs.data },
    })
  })

  test('goes on where the disk has lost the record that stands and the history has it', async () => {
    const engine = createEngine()
    await publish(engine, request(owner.records('one')), { minAcks: 0 })
    await engine.store.discard((await engine.store.get(zoneId))!.record)
    expect(await engine.store.get(zoneId)).toBeUndefined()
    const { record: next } = await publish(engine, request(owner.records('two')), { minAcks: 0 })
    expect(next).toMatchObject({ sequence: 2 })
    expect(next.previous).toHaveLength(32)
  })

  test('is refused where something newer was seen that is not at hand, even with a rebase', async () => {
    const engine = createEngine({ memory: { remembered: async () => ({ newer: undefined, floor: 7 }) } })
    engine.network.add().hold(routingKey, (await owner.sign(6)).bytes)
    await engine.store.put(await owner.sign(1), { confirmedAt: NOW, own: true })
    expect(await failureOf(publish(engine, request(owner.records('two'))))).toMatchObject({
      code: 'PUBLISH_CONFLICT',
      current: 7,
      theirs: undefined,
    })
    expect(await failureOf(publish(engine, request(owner.records('two'), { rebase: true })))).toMatchObject({
      obstacles: ['its record is not at hand'],
    })
    expect((await publish(engine, request(owner.records('two'), { base: 7 }))).sequence).toBe(8)
  })
})

describe('a rebase', () => {
  const base = zone('www A 192.0.2.1', 'mail A 192.0.2.2', 'old A 192.0.2.3')

  test('applies the change to what stands by now', async () => {
    const { desktop, laptop } = twoMachines()
    await publish(desktop, request(base))
    const value = '/ipfs/bafkqabtimvwgy3yk'
    const elsewhere = zone('www A 192.0.2.1', 'mail A 192.0.2.8', 'there A 192.0.2.4', 'old A 192.0.2.3')
    await publish(laptop, request(elsewhere, { value, base: 1 }))
    const ours = zone('www A 192.0.2.9', 'mail A 192.0.2.2', 'here A 192.0.2.5')
    const { record, replaced } = await publish(desktop, request(ours, { rebase: true }))
    expect(record).toMatchObject({ sequence: 3, value })
    expect(replaced?.sequence).toBe(2)
    expect(zoneOf(record)).toEqual(
      createZone(
        zoneId,
        zone('www A 192.0.2.9', 'mail A 192.0.2.8', 'there A 192.0.2.4', 'here A 192.0.2.5'),
      ),
    )
  })

  test('leaves what others changed in place also the next time, when the zone file still does not have it', async () => {
    const { desktop, laptop } = twoMachines()
    await publish(desktop, request(base))
    await publish(laptop, request([...base, ...zone('there A 192.0.2.4')], { base: 1 }))
    const ours = zone('www A 192.0.2.9', 'mail A 192.0.2.2', 'old A 192.0.2.3')
    await publish(desktop, request(ours, { rebase: true }))
    expect(await failureOf(publish(desktop, request(ours)))).toMatchObject({
      code: 'PUBLISH_CONFLICT',
      current: 3,
      diff: ['+ there 60 A 192.0.2.4'],
      message: expect.stringMatching(/sequence 3 .* was rebased and has changes from elsewhere/),
    })
    // Measured from what the file was the last time, so that the same RRset can be changed again.
    const again = zone('www A 192.0.2.10', 'mail A 192.0.2.2', 'old A 192.0.2.3')
    const { record } = await publish(desktop, request(again, { rebase: true }))
    expect(zoneOf(record)).toEqual(createZone(zoneId, [...again, ...zone('there A 192.0.2.4')]))
    // Once the file has it all, it is published as any other; so it is where its owner says that it is meant.
    const all = [...again, ...zone('there A 192.0.2.5')]
    expect(await failureOf(publish(desktop, request(all)))).toMatchObject({ current: 4 })
    await publish(desktop, request([...again, ...zone('there A 192.0.2.4')]))
    expect((await publish(desktop, request(all))).sequence).toBe(6)
  })

  test('does not stand in the way of a retirement', async () => {
    const { desktop, laptop } = twoMachines()
    await publish(desktop, request(base))
    await publish(laptop, request([...base, ...zone('there A 192.0.2.4')], { base: 1 }))
    await publish(desktop, request(zone('www A 192.0.2.9', 'mail A 192.0.2.2'), { rebase: true }))
    expect((await publish(desktop, request('retired'))).sequence).toBe(4)
  })

  test.each([2, 3])(
    'measures from before a publication that has lost against sequence %i, so that its change is not left out',
    async sequence => {
      for (const named of [true, false]) {
        const engine = createEngine()
        engine.network.add()
        await publish(engine, request(base))
        const ours = zone('www A 192.0.2.9', 'mail A 192.0.2.2', 'old A 192.0.2.3')
        const { record: lost } = await publish(engine, request(ours))
        const content = createZone(zoneId, [...base, ...zone('there A 192.0.2.4')])
        const expiresAt = NOW + 60 * DAY
        const second = await owner.sign(2, { content, expiresAt })
        const third = await owner.sign(3, { content, expiresAt, previous: second })
        await engine.store.put(sequence === 2 ? second : third, { confirmedAt: NOW })
        const changes = named ? { base: lost } : {}
        expect(await failureOf(publish(engine, request(ours, changes)))).toMatchObject({
          base: { sequence: named ? 2 : 1 },
        })
        const { record } = await publish(engine, request(ours, { rebase: true, ...changes }))
        expect(zoneOf(record)).toEqual(createZone(zoneId, [...ours, ...zone('there A 192.0.2.4')]))
      }
    },
  )

  test('of RRsets that both changed publishes nothing and names them', async () => {
    const { desktop, laptop } = twoMachines()
    await publish(desktop, request(base))
    await publish(
      laptop,
      request(zone('www A 192.0.2.7', 'mail A 192.0.2.2', 'old A 192.0.2.8'), { base: 1 }),
    )
    const ours = request(zone('www A 192.0.2.9', 'mail A 192.0.2.2'), { rebase: true })
    expect(await failureOf(publish(desktop, ours))).toMatchObject({
      code: 'PUBLISH_CONFLICT',
      obstacles: [
        'old A: it was removed here and changed elsewhere',
        'www A: this A RRset was changed here and, in another way, elsewhere',
      ],
      message: expect.stringMatching(/cannot be made again.*old A: .*www A: .*publish from sequence 2/),
    })
    expect(await desktop.resolve(zoneId)).toMatchObject({ record: { sequence: 2 } })
  })

  test('changes nothing where the base stands', async () => {
    const { desktop } = twoMachines()
    await publish(desktop, request(base))
    const { record } = await publish(
      desktop,
      request(zone('www A 192.0.2.9', 'mail A 192.0.2.2'), { rebase: true }),
    )
    expect(zoneOf(record)?.sets).toHaveLength(2)
  })

  test('brings no zone back that was retired, and retires none', async () => {
    const { desktop, laptop } = twoMachines()
    await publish(desktop, request(base))
    await publish(laptop, request('retired', { base: 1 }))
    expect(await failureOf(publish(desktop, request(base, { rebase: true })))).toMatchObject({
      obstacles: ['the zone was retired'],
    })
    await publish(laptop, request(base))
    expect(await failureOf(publish(desktop, request('retired', { rebase: true })))).toMatchObject({
      obstacles: ['a retirement is made for one version'],
    })
  })

  test('that would take away more than half of what stands needs force as well', async () => {
    const { desktop, laptop } = twoMachines()
    await publish(desktop, request(base))
    await publish(
      laptop,
      request(zone('www A 192.0.2.1', 'old A 192.0.2.3', 'mail A 192.0.2.5'), { base: 1 }),
    )
    const ours = zone('mail A 192.0.2.2', 'x A 192.0.2.1')
    expect(await failureOf(publish(desktop, request(ours, { rebase: true })))).toMatchObject({
      code: 'ZONE_LOSS',
      lost: 2,
      of: 3,
      sequence: 2,
    })
    await publish(desktop, request(ours, { rebase: true, force: true }))
  })
})

describe('a rebase without a base to tell the change from publishes nothing', () => {
  const early = zone('www A 192.0.2.1', 'gone A 192.0.2.2')

  test('where ours was on this disk alone, and the versions between are not at hand', async () => {
    const network = new MemoryNetwork()
    const engine = createEngine({ network })
    const ours = [...early, ...zone('offline A 192.0.2.3')]
    await publish(engine, request(ours), { minAcks: 0 })
    const theirs = await owner.sign(4, { content: createZone(zoneId, early), previous: await owner.sign(3) })
    network.add().hold(routingKey, theirs.bytes)
    expect(await failureOf(publish(engine, request(ours, { rebase: true })))).toMatchObject({
      code: 'PUBLISH_CONFLICT',
      obstacles: [expect.stringContaining('whether sequence 4 builds on sequence 1')],
    })
    // With no base all of both is kept.
    const { record } = await publish(engine, request(ours, { rebase: true, base: 0 }))
    expect(zoneOf(record)).toEqual(createZone(zoneId, ours))
  })

  test('and goes on where ours had stood', async () => {
    const network = new MemoryNetwork()
    const holder = network.add()
    const engine = createEngine({ network })
    await publish(engine, request(early))
    const elsewhere = createZone(zoneId, zone('www A 192.0.2.1', 'there A 192.0.2.4'))
    const theirs = await owner.sign(4, { content: elsewhere, previous: await owner.sign(3) })
    holder.hold(routingKey, theirs.bytes)
    const ours = [...early, ...zone('here A 192.0.2.3')]
    const { record } = await publish(engine, request(ours, { rebase: true }))
    expect(zoneOf(record)).toEqual(
      createZone(zoneId, zone('www A 192.0.2.1', 'there A 192.0.2.4', 'here A 192.0.2.3')),
    )
  })

  test.each([0, 77, 2])('where sequence %i is named, of which this disk has nothing', async sequence => {
    const { desktop, laptop } = twoMachines()
    await publish(desktop, request(early))
    await publish(desktop, request([...early, ...zone('two A 192.0.2.4')]))
    await publish(desktop, request(zone('www A 192.0.2.1', 'two A 192.0.2.4')))
    const ours = zone('www A 192.0.2.9', 'gone A 192.0.2.2')
    expect(await failureOf(publish(laptop, request(ours, { rebase: true, base: sequence })))).toMatchObject({
      code: 'PUBLISH_CONFLICT',
      expected: sequence,
      current: 3,
      obstacles: [
        sequence === 0 ? expect.stringContaining('www A:') : `sequence ${sequence} is not on this disk`,
      ],
    })
  })

  test('where the base is damaged on this disk', async () => {
    const { desktop, laptop } = twoMachines()
    await publish(desktop, request(early))
    await publish(laptop, request(zone('www A 192.0.2.1', 'there A 192.0.2.4'), { base: 1 }))
    const history = await desktop.history(zoneId)
    desktop.history = async () =>
      history.map(entry => ({
        ...entry,
        record: { ...entry.record, content: { kind: 'zone', octets: Uint8Array.of(1, 2, 3) } },
      }))
    expect(await failureOf(publish(desktop, request(early, { rebase: true })))).toMatchObject({
      obstacles: ['sequence 1 is damaged on this disk'],
    })
  })
})

describe('a loss', () => {
  test('of more than half of the RRsets is refused unless it is forced', async () => {
    const engine = createEngine()
    engine.network.add()
    await publish(engine, request(zone('a A 192.0.2.1', 'b A 192.0.2.1', 'c A 192.0.2.1')))
    const small = request(zone('a A 192.0.2.1'))
    expect(await failureOf(publish(engine, small))).toMatchObject({ code: 'ZONE_LOSS', lost: 2, of: 3 })
    expect(await engine.resolve(zoneId)).toMatchObject({ record: { sequence: 1 } })
    expect((await publish(engine, { ...small, force: true })).sequence).toBe(2)
  })

  test('is no way around the comparison', async () => {
    const { desktop, laptop } = twoMachines()
    await publish(desktop, request(owner.records('one')))
    await publish(laptop, request(owner.records('two'), { base: 'standing' }))
    expect(await failureOf(publish(desktop, request(owner.records('x'), { force: true })))).toMatchObject({
      code: 'PUBLISH_CONFLICT',
    })
  })

  test('by retirement is meant', async () => {
    const engine = createEngine()
    engine.network.add()
    await publish(engine, request(zone('a A 192.0.2.1', 'b A 192.0.2.1', 'c A 192.0.2.1')))
    expect((await publish(engine, request('retired'))).sequence).toBe(2)
  })
})
