import { expect, test } from 'vitest'
import { DAY, createOwner } from '../../packages/node/src/engine.test-support.ts'
import type { NodeEventDetails } from '../../packages/node/src/events.ts'
import { Stranger, startNodes } from '../../packages/node/src/host/stranger.test-support.ts'
import { StubbornDatastore } from '../../packages/node/src/traps/stock.test-support.ts'

// The control, in which a stock lookup fails because of such a holder, is with the traps of @signpost/node.

test('a holder of an old version that refuses every correction disturbs neither readers nor publishers, nor other corrections', async () => {
  await using network = await startNodes(4)
  const { members } = network
  await using stubborn = await Stranger.join(members, new StubbornDatastore())
  await using careless = await Stranger.join(members)
  const owner = createOwner()
  const { zoneId, routingKey, signer } = owner
  const old = await owner.sign(1, { expiresAt: Date.now() + DAY })
  // The first that it gets is what it keeps.
  await stubborn.plant(routingKey, old.bytes)
  const [publisher, reader] = members
  const publish = async (text: string) =>
    publisher!.node.publish({ signer, content: owner.records(text), base: 'standing' })

  const second = await publish('two')
  expect(second).toMatchObject({ sequence: 2, acks: 4, k: 5 })
  await careless.plant(routingKey, old.bytes)

  const corrections: NodeEventDetails['corrected'][] = []
  const corrected = Promise.withResolvers<void>()
  reader!.node.addEventListener('corrected', ({ detail }) => {
    if (corrections.push(detail) === 2) corrected.resolve()
  })
  expect(await reader!.node.resolve(zoneId, { policy: 'network-first' })).toMatchObject({
    kind: 'found',
    record: { sequence: 2 },
  })
  await corrected.promise
  const of = (peer: string) => corrections.find(correction => correction.peer === peer)
  expect(of(stubborn.peerId)).toMatchObject({ zoneId, sequence: 2, accepted: false })
  expect(of(careless.peerId)).toMatchObject({ zoneId, sequence: 2, accepted: true })
  expect(await careless.answers(routingKey)).toEqual(second.record.bytes)
  expect(await stubborn.answers(routingKey)).toEqual(old.bytes)

  // It goes on like that for as long as it likes.
  for (const sequence of [3, 4, 5]) {
    expect(await publish(`version ${sequence}`)).toMatchObject({ sequence, acks: 4, k: 5 })
    for (const { node } of members)
      for (const policy of ['cache-first', 'network-first'] as const)
        expect(await node.resolve(zoneId, { policy })).toMatchObject({ kind: 'found', record: { sequence } })
  }
})
