import { expect, test } from 'vitest'
import * as ours from '../host/own-host.test-support.ts'
import { createOwner, drain, sequencesIn, signIpns, startStockNetwork } from './stock.test-support.ts'

test('control: a third party that puts sequence 1 again replaces sequence 2 on every stock node', async () => {
  await using network = await startStockNetwork(4)
  const [owner, thirdParty, ...others] = network.hosts
  const keys = await createOwner()
  const first = await signIpns(keys, 1)
  const second = await signIpns(keys, 2)
  await drain(owner!.services.dht.put(keys.routingKey, first))
  await drain(owner!.services.dht.put(keys.routingKey, second))
  for (const host of others)
    expect(sequencesIn(await drain(host.services.dht.get(keys.routingKey)))).toEqual([2])

  await drain(thirdParty!.services.dht.put(keys.routingKey, first))

  // The owner's own copy went the same way: it is a server, so the third party's put reached it too.
  for (const host of network.hosts)
    expect(sequencesIn(await drain(host.services.dht.get(keys.routingKey)))).toEqual([1])
})

test('no node of ours takes sequence 1 for sequence 2', async () => {
  await using network = await ours.startHosts(4)
  const [owner, thirdParty] = network.hosts
  const zone = ours.createOwner()
  const first = await zone.sign(1)
  const second = await zone.sign(2)
  const signal = new AbortController().signal
  await ours.routingOf(owner!).put(zone.routingKey, first.bytes, { signal })
  expect(await ours.routingOf(owner!).put(zone.routingKey, second.bytes, { signal })).toEqual({
    acks: 3,
    asked: 3,
  })

  const victims = network.hosts.filter(host => host !== thirdParty)
  for (const victim of victims) {
    const peer = victim.libp2p.peerId.toString()
    expect(await ours.routingOf(thirdParty!).send(peer, zone.routingKey, first.bytes, { signal })).toBe(false)
  }
  await expect(
    ours.routingOf(thirdParty!).put(zone.routingKey, first.bytes, { signal }),
  ).rejects.toMatchObject({
    code: 'STALE_SEQUENCE',
    sequence: 1,
    current: 2,
  })

  for (const host of network.hosts) {
    expect(ours.sequencesIn(zone, await ours.ask(host, zone))).toEqual([2, 2, 2])
    expect(await ours.heldSequence(host, zone)).toBe(2)
  }
})
