import { type SignedRecord, apexOf, compareRecords, zoneOf } from '@signpost/core'
import { type ResourceRecord, parseZoneFile } from '@signpost/dns'
import { describe, expect, test } from 'vitest'
import {
  type Engine,
  DAY,
  NOW,
  SteppedClock,
  createEngine,
  createOwner,
  failureOf,
  quiet,
} from '../engine.test-support.ts'
import { MemoryNetwork } from '../routing/memory-routing.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { publish } from './publish.ts'

const owner = createOwner()
const { zoneId, routingKey, signer } = owner
/** Wins against every other record with sequence 1. */
const rival = await owner.sign(1, { text: 'rival', expiresAt: NOW + 60 * DAY })

interface Machine extends Engine {
  readonly signed: SignedRecord[]
}

/** A machine of the owner's, which remembers what it put. */
function machine(network: MemoryNetwork, clock?: SteppedClock): Machine {
  const engine = createEngine({ network, ...(clock && { clock }) })
  const signed: SignedRecord[] = []
  const put = engine.put.bind(engine)
  engine.put = async (record, options) => {
    signed.push(record)
    return put(record, options)
  }
  return { ...engine, signed }
}

function say(engine: Engine, text: string): ReturnType<typeof publish> {
  return publish(engine, { signer, content: owner.records(text), now: NOW })
}

/** Those who lost first, then the one who won. */
function byFate(machines: readonly Machine[]): Machine[] {
  return machines.toSorted((a, b) => compareRecords(a.signed[0]!, b.signed[0]!))
}

describe('publishers that sign the same sequence at the same moment', () => {
  test('all learn who won: one publication stands, and each other one is a conflict', async () => {
    const network = new MemoryNetwork()
    const holders = [network.add(), network.add(), network.add()]
    const machines = ['a', 'b', 'c'].map(() => machine(network))
    const results = await Promise.allSettled(machines.map((engine, at) => say(engine, `from ${at}`)))
    expect(machines.map(({ signed }) => signed.map(({ sequence }) => sequence))).toEqual([[1], [1], [1]])
    const winner = byFate(machines).at(-1)!
    for (const [at, result] of results.entries())
      if (machines[at] === winner) expect(result.status).toBe('fulfilled')
      else
        expect(result).toMatchObject({
          status: 'rejected',
          reason: {
            code: 'PUBLISH_CONFLICT',
            current: 1,
            lost: { data: machines[at]!.signed[0]!.data },
            theirs: { data: winner.signed[0]!.data },
            message: expect.stringMatching(/at the same time, and that record won/),
          },
        })
    for (const holder of holders) expect(holder.held(routingKey)).toEqual(winner.signed[0]!.bytes)
    // Reported by the publication itself, so by nothing else.
    for (const engine of machines) expect(engine.detailsOf('conflict')).toEqual([])
  })

  test('do not swing back: who lost gives peers the winner, and keeps its own record as evidence', async () => {
    const network = new MemoryNetwork()
    const holder = network.add()
    const machines = [machine(network), machine(network)]
    await Promise.allSettled(machines.map((engine, at) => say(engine, `from ${at}`)))
    const [loser, winner] = byFate(machines)
    expect((await loser!.store.get(zoneId))?.record.data).toEqual(winner!.signed[0]!.data)
    expect((await loser!.store.evidence(zoneId))[0]?.records.map(({ data }) => data)).toEqual(
      expect.arrayContaining([loser!.signed[0]!.data, winner!.signed[0]!.data]),
    )
    expect(await failureOf(loser!.put(loser!.signed[0]!))).toMatchObject({ code: 'PUBLISH_CONFLICT' })
    expect(holder.held(routingKey)).toEqual(winner!.signed[0]!.bytes)
    // The next try of the loser is not built on the winner either, until it says so.
    expect(await failureOf(say(loser!, 'again'))).toMatchObject({ code: 'PUBLISH_CONFLICT' })
    const rebased = { signer, content: owner.records('again'), now: NOW, base: 1 }
    expect((await publish(loser!, rebased)).sequence).toBe(2)
  })

  test('make their changes one after the other where they rebase, and none is lost', async () => {
    const network = new MemoryNetwork()
    network.add()
    const machines = [machine(network), machine(network), machine(network)]
    await say(machines[0]!, 'first')
    for (const engine of machines.slice(1)) await engine.resolve(zoneId)
    const content = (at: number): ResourceRecord[] =>
      parseZoneFile(`@ 60 TXT "first"\nhost-${at} 60 A 192.0.2.${at}`, { origin: apexOf(zoneId) })
    await Promise.all(
      machines.map((engine, at) =>
        publish(engine, { signer, content: content(at), now: NOW, base: 1, rebase: true }),
      ),
    )
    const outcome = await machines[0]!.resolve(zoneId, { policy: 'network-first' })
    const zone = 'record' in outcome ? zoneOf(outcome.record) : undefined
    expect(zone?.sets.map(({ name }) => name.toString().split('.')[0])).toEqual([
      zoneId,
      'host-0',
      'host-1',
      'host-2',
    ])
  })

  test('hear of a rival also where peers refuse and too few acks would be the reason', async () => {
    const network = new MemoryNetwork()
    const holder = network.add()
    const engine = machine(network)
    // It comes to the holder between the look for what stands and the put.
    const release = holdPuts(engine)
    const failed = failureOf(say(engine, 'ours'))
    await quiet()
    holder.hold(routingKey, rival.bytes)
    release()
    expect(await failed).toMatchObject({ code: 'PUBLISH_CONFLICT', theirs: { data: rival.data } })
  })
})

describe('a record that was published here and loses later', () => {
  test('is reported once, with both versions', async () => {
    const engine = createEngine()
    const holder = engine.network.add()
    const { record } = await say(engine, 'ours')
    holder.hold(routingKey, rival.bytes)
    for (let look = 0; look < 3; look++) await engine.resolve(zoneId, { policy: 'network-first' })
    await engine.store.put(rival, { confirmedAt: NOW })
    expect(engine.detailsOf('conflict')).toMatchObject([
      {
        error: {
          code: 'PUBLISH_CONFLICT',
          zoneId,
          expected: 0,
          current: 1,
          base: undefined,
          lost: { data: record.data },
          theirs: { data: rival.data },
        },
      },
    ])
  })

  test('is reported by the put itself where that is still under way', async () => {
    const clock = new SteppedClock()
    const network = new MemoryNetwork()
    network.add('frozen')
    const engine = createEngine({ network, clock })
    const failed = failureOf(engine.put(await owner.sign(1)))
    await quiet()
    await engine.store.put(rival, { confirmedAt: NOW })
    await clock.pass(30_000)
    expect(await failed).toMatchObject({ code: 'PUBLISH_CONFLICT', lost: { sequence: 1 } })
    expect(engine.detailsOf('conflict')).toEqual([])
    expect(engine.detailsOf('published')).toEqual([])
  })

  test('is reported by the node where its put was given up meanwhile', async () => {
    const network = new MemoryNetwork()
    network.add('frozen')
    const engine = createEngine({ network })
    const controller = new AbortController()
    const failed = failureOf(engine.put(await owner.sign(1), { signal: controller.signal }))
    await quiet()
    await engine.store.put(rival, { confirmedAt: NOW })
    controller.abort(new Error('enough'))
    expect(await failed).toMatchObject({ message: 'enough' })
    expect(engine.detailsOf('conflict')).toHaveLength(1)
  })

  test('is reported also after a restart, and only once', async () => {
    const store = new MemoryStore()
    const before = createEngine({ store })
    await before.put(await owner.sign(1), { minAcks: 0 })
    const after = createEngine({ store })
    await after.store.put(rival, { confirmedAt: NOW })
    const later = createEngine({ store })
    await later.store.put(rival, { confirmedAt: NOW })
    expect(after.detailsOf('conflict')).toHaveLength(1)
    expect(later.detailsOf('conflict')).toEqual([])
  })

  test('is reported where a newer one does not build on it, and where that is not known', async () => {
    for (const sequence of [2, 7]) {
      const engine = createEngine()
      await engine.put(await owner.sign(1), { minAcks: 0 })
      const theirs = await owner.sign(sequence, { previous: await owner.sign(sequence - 1, { text: 'x' }) })
      await engine.store.put(theirs, { confirmedAt: NOW })
      await engine.store.put(await owner.sign(sequence + 1, { previous: theirs }), { confirmedAt: NOW })
      expect(engine.detailsOf('conflict')).toMatchObject([
        { error: { lost: { sequence: 1 }, current: sequence } },
      ])
    }
  })

  test('is not lost where others build on it, one after the other', async () => {
    const engine = createEngine()
    const first = await owner.sign(1)
    await engine.put(first, { minAcks: 0 })
    const second = await owner.sign(2, { previous: first })
    await engine.store.put(second, { confirmedAt: NOW })
    const third = await owner.sign(3, { previous: second })
    await engine.store.put(third, { confirmedAt: NOW })
    expect(engine.detailsOf('conflict')).toEqual([])
    // What was built on it loses: and ours with it, which had stood until now.
    const fork = await owner.sign(4, { previous: await owner.sign(3, { text: 'fork' }) })
    await engine.store.put(fork, { confirmedAt: NOW })
    expect(engine.detailsOf('conflict')).toMatchObject([{ error: { lost: { sequence: 1 }, current: 4 } }])
  })

  test('leaves the one before it, which may be lost later on its own', async () => {
    const engine = createEngine()
    const first = await owner.sign(1)
    await engine.put(first, { minAcks: 0 })
    await engine.put(await owner.sign(2, { previous: first }), { minAcks: 0 })
    const longer = { expiresAt: NOW + 60 * DAY }
    await engine.store.put(await owner.sign(2, { previous: first, text: 'rival', ...longer }), {
      confirmedAt: NOW,
    })
    await engine.store.put(await owner.sign(3, { previous: await owner.sign(2, { text: 'third' }) }), {
      confirmedAt: NOW,
    })
    expect(engine.detailsOf('conflict')).toMatchObject([
      { error: { lost: { sequence: 2 }, base: { sequence: 1 } } },
      { error: { lost: { sequence: 1 }, current: 3 } },
    ])
  })

  test('of a stranger is nothing to us', async () => {
    const engine = createEngine()
    await engine.store.put(await owner.sign(1), { confirmedAt: NOW })
    await engine.store.put(rival, { confirmedAt: NOW })
    expect(engine.detailsOf('conflict')).toEqual([])
  })
})

/** Keeps puts back until the returned function is called. */
function holdPuts(engine: Engine): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { routing } = engine.context
  const put = routing.put.bind(routing)
  routing.put = async (...parameters) => {
    await promise
    return put(...parameters)
  }
  return resolve
}
