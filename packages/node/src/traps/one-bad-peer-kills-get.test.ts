import { expect, test } from 'vitest'
import * as ours from '../host/own-host.test-support.ts'
import {
  StubbornDatastore,
  createOwner,
  drain,
  sequenceOf,
  signIpns,
  startStockNetwork,
} from './stock.test-support.ts'

test('control: a stock get throws because one peer refuses to be corrected, although the newest was found', async () => {
  await using network = await startStockNetwork(4, at =>
    at === 0 ? { datastore: new StubbornDatastore() } : {},
  )
  const [, owner, reader] = network.hosts
  const keys = await createOwner()
  for (const sequence of [1, 2])
    await drain(owner!.services.dht.put(keys.routingKey, await signIpns(keys, sequence)))

  const found: number[] = []
  const results: number[] = []
  const get = async (): Promise<void> => {
    for await (const event of reader!.services.dht.get(keys.routingKey)) {
      if (event.name === 'PEER_RESPONSE' && event.record !== undefined)
        found.push(sequenceOf(event.record.value))
      if (event.name === 'VALUE') results.push(sequenceOf(event.value))
    }
  }

  await expect(get()).rejects.toThrow('Could not send correction')
  expect(found.toSorted((a, b) => a - b)).toEqual([1, 2, 2])
  expect(results).toEqual([])
})

test('a lookup of ours tells what every peer said, the bad one too, and ends well', async () => {
  await using network = await ours.startHosts(4, at =>
    at === 0 ? { datastore: new StubbornDatastore() } : {},
  )
  const [bad, owner, reader] = network.hosts
  const zone = ours.createOwner()
  const { signal } = new AbortController()
  const acks: boolean[] = []
  for (const sequence of [1, 2])
    await ours.routingOf(owner!).put(zone.routingKey, (await zone.sign(sequence)).bytes, {
      signal,
      onAck: ({ peer, ok }) => {
        if (peer === bad!.libp2p.peerId.toString()) acks.push(ok)
      },
    })
  expect(acks).toEqual([true, false])

  const answers = await ours.ask(reader!, zone)

  expect(ours.sequencesIn(zone, answers)).toEqual([1, 2, 2])
})
