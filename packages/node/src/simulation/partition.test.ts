import { type SignedRecord, apexOf, compareRecords, createZone } from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import { expect, test } from 'vitest'
import { NOW, SteppedClock, createOwner, failureOf, quiet } from '../engine.test-support.ts'
import type { NodeEventDetails, NodeEventName } from '../events.ts'
import { publish } from '../publish/publish.ts'
import { type Holder, MemoryNetwork } from '../routing/memory-routing.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { createSteppedVerifier } from '../verifier.test-support.ts'
import { type Process, startProcess } from './process.test-support.ts'
import { SlowRouting } from './slow-routing.test-support.ts'

const owner = createOwner(4)
const { zoneId, routingKey, signer } = owner

/** A network of two halves, each with holders, a publisher and a reader. */
class Halves {
  readonly clock = new SteppedClock()
  readonly network = new MemoryNetwork()
  readonly publishers: Machine[] = []
  readonly readers: Machine[] = []
  isParted = true
  private readonly half = new Map<Holder, number>()

  constructor() {
    for (const half of [0, 1]) for (let at = 0; at < 5; at++) this.half.set(this.network.add(), half)
    for (const half of [0, 1]) {
      this.publishers.push(this.machine(half))
      this.readers.push(this.machine(half))
    }
  }

  /** Does something and lets all that follows from it happen. */
  async after<Result>(task: Promise<Result>): Promise<Result> {
    const [settled] = await Promise.all([Promise.allSettled([task]), this.rest()])
    if (settled[0].status === 'fulfilled') return settled[0].value
    throw settled[0].reason
  }

  private async rest(): Promise<void> {
    await quiet()
    while (await this.clock.next());
  }

  private machine(half: number): Machine {
    const disk = new MemoryStore()
    const events: Machine['events'] = []
    const process = startProcess({
      clock: this.clock,
      store: disk,
      verifier: createSteppedVerifier(),
      routing: new SlowRouting(this.network.holders, holder => this.journey(half, holder)),
      onPut: () => undefined,
      emit: (name, detail) => events.push({ name, detail }),
    })
    return { process, disk, events }
  }

  private async journey(half: number, holder: Holder): Promise<boolean> {
    await new Promise<void>(resolve => {
      this.clock.after(10, resolve)
    })
    return !this.isParted || this.half.get(holder) === half
  }
}

interface Machine {
  readonly process: Process
  readonly disk: MemoryStore
  readonly events: { name: NodeEventName; detail: unknown }[]
}

function eventsOf<Name extends NodeEventName>({ events }: Machine, name: Name): NodeEventDetails[Name][] {
  return events.filter(event => event.name === name).map(({ detail }) => detail as NodeEventDetails[Name])
}

async function say(halves: Halves, { process }: Machine, text: string): Promise<SignedRecord> {
  const content = createZone(zoneId, parseZoneFile(`@ 60 TXT "${text}"`, { origin: apexOf(zoneId) }))
  return (await halves.after(publish(process, { signer, content, now: NOW }))).record
}

test.each([
  [1, 1],
  [1, 2],
  [2, 2],
  [3, 1],
  [1, 4],
])(
  'halves that publish %i and %i times while they are parted come to one winner, and the loser is told once',
  async (...times) => {
    const halves = new Halves()
    const { publishers, readers, network } = halves
    const [left, right] = publishers as [Machine, Machine]
    // Both know the first version.
    halves.isParted = false
    const first = await say(halves, left, 'first')
    await halves.after(right.process.put(first))
    halves.isParted = true

    const last: SignedRecord[] = [first, first]
    for (const half of [0, 1])
      for (let at = 0; at < times[half]!; at++)
        last[half] = await say(halves, publishers[half]!, `half ${half}, ${at}`)
    for (const half of [0, 1])
      expect(await halves.after(readers[half]!.process.resolve(zoneId))).toMatchObject({
        record: { data: last[half]!.data },
      })
    expect(publishers.flatMap(machine => eventsOf(machine, 'conflict'))).toEqual([])

    halves.isParted = false
    const [winner, loser] = compareRecords(last[0]!, last[1]!) > 0 ? [0, 1] : [1, 0]
    for (let round = 0; round < 3; round++) {
      for (const { process } of publishers) await halves.after(process.republish())
      for (const { process } of readers)
        expect(await halves.after(process.resolve(zoneId, { policy: 'network-first' }))).toMatchObject({
          record: { data: last[winner]!.data },
        })
    }
    for (const holder of network.holders) expect(holder.held(routingKey)).toEqual(last[winner]!.bytes)
    expect(eventsOf(publishers[winner]!, 'conflict')).toEqual([])
    expect(eventsOf(publishers[loser]!, 'conflict')).toMatchObject([
      { error: { lost: { data: last[loser]!.data }, theirs: { data: last[winner]!.data } } },
    ])
    // The next change of the loser does not undo the winner's.
    const next = failureOf(say(halves, publishers[loser]!, 'next'))
    expect(await next).toMatchObject({ code: 'PUBLISH_CONFLICT', theirs: { data: last[winner]!.data } })
  },
)

test('after the halves have come together nothing goes round and round', async () => {
  const halves = new Halves()
  const { publishers, readers } = halves
  for (const [half, machine] of publishers.entries()) await say(halves, machine, `half ${half}`)
  halves.isParted = false
  const everybody = [...publishers, ...readers]
  const rounds: Record<string, number>[] = []
  for (let round = 0; round < 4; round++) {
    for (const { events } of everybody) events.length = 0
    for (const { process } of publishers) await halves.after(process.republish())
    for (const { process } of everybody)
      await halves.after(process.resolve(zoneId, { policy: 'network-first' }))
    const names = everybody.flatMap(({ events }) => events.map(({ name }) => name))
    rounds.push(
      Object.fromEntries([...Map.groupBy(names, name => name)].map(([name, all]) => [name, all.length])),
    )
  }
  expect(rounds[0]).toMatchObject({ conflict: 1, republished: 2 })
  // Nothing is stored, corrected or reported any more: peers are given what they have, to keep it.
  for (const round of rounds.slice(2)) expect(round).toEqual({ republished: 2 })
})
