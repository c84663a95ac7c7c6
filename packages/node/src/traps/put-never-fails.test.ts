import { expect, test } from 'vitest'
import * as ours from '../host/own-host.test-support.ts'
import {
  RefusingDatastore,
  createOwner,
  drain,
  lanSettings,
  signIpns,
  startStock,
  startStockNetwork,
} from './stock.test-support.ts'

test('control: a stock put to nobody ends as one to twenty peers does', async () => {
  await using host = await startStock({ dht: { ...lanSettings, allowQueryWithZeroPeers: true } })
  const keys = await createOwner()

  expect(await drain(host.services.dht.put(keys.routingKey, await signIpns(keys, 1)))).toEqual([])
})

test('control: a stock put that every peer refuses ends well', async () => {
  await using network = await startStockNetwork(3, at =>
    at === 0 ? {} : { datastore: new RefusingDatastore() },
  )
  const keys = await createOwner()

  const events = await drain(network.hosts[0]!.services.dht.put(keys.routingKey, await signIpns(keys, 1)))

  const accepted = events.filter(event => event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE')
  expect(accepted).toEqual([])
})

test('a put of ours counts nobody where nobody is', async () => {
  await using host = await ours.startHost()
  const zone = ours.createOwner()
  const { signal } = new AbortController()

  const put = await ours.routingOf(host).put(zone.routingKey, (await zone.sign(1)).bytes, { signal })

  expect(put).toEqual({ acks: 0, asked: 0 })
})

test('a put of ours counts the peers that took the value, and says so peer by peer', async () => {
  await using network = await ours.startHosts(4, at => (at < 2 ? {} : { datastore: new RefusingDatastore() }))
  const [owner, taker] = network.hosts
  const zone = ours.createOwner()
  const { signal } = new AbortController()
  const takers: string[] = []
  let last: { acks: number; asked: number } | undefined

  const put = await ours.routingOf(owner!).put(zone.routingKey, (await zone.sign(1)).bytes, {
    signal,
    onAck: ({ peer, ok, acks, asked }) => {
      if (ok) takers.push(peer)
      last = { acks, asked }
    },
  })

  expect(put).toEqual({ acks: 1, asked: 3 })
  expect(last).toEqual(put)
  expect(takers).toEqual([taker!.libp2p.peerId.toString()])
})
