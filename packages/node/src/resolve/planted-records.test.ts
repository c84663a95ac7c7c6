// What somebody plants on all holders of a zone but one.
import { Libp2pRecord } from '@libp2p/record'
import { expect, test } from 'vitest'
import { type Engine, createEngine, createOwner, sequenceOf } from '../engine.test-support.ts'
import type { NodeEventName } from '../events.ts'
import type { Host } from '../host/host.ts'
import { introduce } from '../host/introduce.ts'
import * as ours from '../host/own-host.test-support.ts'
import { stopAtEnd } from '../traps/stock.test-support.ts'

const owner = createOwner()
const { zoneId, routingKey } = owner
const [old, current] = [await owner.sign(3), await owner.sign(10)]

/** Kademlia, section 2.3: the k peers closest to a key hold its record. */
const K = 20

/** Servers that all are among the closest to every key, and a reader's engine on real connections to them. */
async function startNetwork(
  onEvent: (name: NodeEventName) => void = () => {},
): Promise<{ engine: Engine; holders: Host[] } & AsyncDisposable> {
  const reader = await ours.startHost({ mode: 'client' })
  const holders = await Promise.all(Array.from({ length: K }, () => ours.startHost()))
  // The reader knows them all, and that is enough for a lookup.
  for (const holder of holders) await introduce([reader, holder])
  const engine = createEngine({ routing: ours.routingOf(reader), onEvent })
  return { engine, holders, ...stopAtEnd([reader, ...holders]) }
}

/** Makes a holder one that gives these octets and takes nothing. */
function plant(host: Host, octets: Uint8Array): void {
  const { guard } = host.networks[0]!
  const record = new Libp2pRecord(routingKey, octets, new Date()).serialize()
  guard.get = () => Promise.resolve(record)
  guard.put = () => Promise.reject(new Error('taken over'))
}

function corrupted(octets: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(octets)
  copy[20] = (copy[20] ?? 0) ^ 1
  return copy
}

test('old, empty and corrupt values on all holders but one: a reader that waits gets the owner’s last', {
  timeout: 30_000,
}, async () => {
  await using network = await startNetwork()
  const [good, ...bad] = network.holders
  await good!.networks[0]!.guard.hold(zoneId, current.bytes)
  const values = [old.bytes, new Uint8Array(), corrupted(current.bytes)]
  for (const [at, host] of bad.entries()) plant(host, values[at % values.length]!)

  expect(sequenceOf(await network.engine.resolve(zoneId, { policy: 'network-first' }))).toBe(10)
})

test('the old value alone on all holders but one: whoever got it first has the owner’s last a moment later', {
  timeout: 30_000,
}, async () => {
  const corrected = Promise.withResolvers<void>()
  let corrections = 0
  await using network = await startNetwork(name => {
    if (name === 'corrected' && ++corrections === K - 1) corrected.resolve()
  })
  const [good, ...stale] = network.holders
  await good!.networks[0]!.guard.hold(zoneId, current.bytes)
  for (const host of stale) await host.networks[0]!.guard.hold(zoneId, old.bytes)
  const { engine } = network

  const first = sequenceOf(await engine.resolve(zoneId))
  expect([3, 10]).toContain(first)
  // The lookup goes on behind the first answer; a second caller joins it.
  await engine.resolve(zoneId, { policy: 'network-first' })

  expect(sequenceOf(await engine.resolve(zoneId))).toBe(10)
  await corrected.promise
  const held = await Promise.all(stale.map(host => ours.heldSequence(host, owner)))
  expect(held).toEqual(stale.map(() => 10))
  await engine.resolver.stop()
})
