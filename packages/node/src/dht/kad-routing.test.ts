import { Libp2pRecord } from '@libp2p/record'
import { zoneIdOfRoutingKey } from '@signpost/core'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { base32 } from 'multiformats/bases/base32'
import { expect, test } from 'vitest'
import type { Host } from '../host/host.ts'
import { introduce } from '../host/introduce.ts'
import * as ours from '../host/own-host.test-support.ts'
import { type TestHolder, describeRouting } from '../routing/routing.test-support.ts'
import { stopAtEnd } from '../traps/stock.test-support.ts'

describeRouting('KadRouting', async count => {
  const reader = await ours.startHost({ mode: 'client' })
  const holders = await Promise.all(Array.from({ length: count }, () => ours.startHost()))
  await introduce([reader, ...holders])
  return {
    routing: ours.routingOf(reader),
    holders: holders.map(holderOf),
    ...stopAtEnd([reader, ...holders]),
  }
})

function holderOf(host: Host): TestHolder {
  const guard = host.networks[0]!.guard
  return {
    peer: host.libp2p.peerId.toString(),
    held: key => guard.held(zoneIdOfRoutingKey(key)!),
    hold: (key, value) => guard.hold(zoneIdOfRoutingKey(key)!, value),
  }
}

const owner = ours.createOwner()

test('a server’s own copy is no answer of a peer, also where the peers have none', async () => {
  await using network = await ours.startHosts(3)
  const [host] = network.hosts
  const record = await owner.sign(1)
  await holderOf(host!).hold(owner.routingKey, record.bytes)

  const answers = await ours.ask(host!, owner)

  expect(answers.map(({ kind }) => kind)).toEqual(['nothing', 'nothing'])
})

test('a server that slept answers with what its peers have', async () => {
  await using network = await ours.startHosts(3)
  const [sleeper, ...others] = network.hosts
  await holderOf(sleeper!).hold(owner.routingKey, (await owner.sign(1)).bytes)
  for (const other of others) await holderOf(other).hold(owner.routingKey, (await owner.sign(2)).bytes)

  expect(ours.sequencesIn(owner, await ours.ask(sleeper!, owner))).toEqual([2, 2])
})

test('a peer that is gone is asked once, and not again', async () => {
  await using network = await ours.startHosts(3)
  const [gone, there, reader] = network.hosts
  const routing = ours.routingOf(reader!)
  const left = new Promise(resolve => {
    reader!.libp2p.addEventListener('peer:disconnect', resolve)
  })
  await gone!.stop()
  await left
  expect(routing.peers).toBe(2)

  expect(await ours.ask(reader!, owner)).toHaveLength(1)

  expect(routing.peers).toBe(1)
  await there!.stop()
})

test('a node that hears nobody keeps the peers that it knows', async () => {
  await using network = await ours.startHosts(3)
  const [reader, ...others] = network.hosts
  const left = new Promise<void>(resolve => {
    reader!.libp2p.addEventListener('peer:disconnect', () => {
      if (reader!.libp2p.getPeers().length === 0) resolve()
    })
  })
  await Promise.all(others.map(host => host.stop()))
  await left

  expect(await ours.ask(reader!, owner)).toEqual([])

  expect(ours.routingOf(reader!).peers).toBe(2)
})

test('octets that nobody signed come through, for whoever reads to judge', async () => {
  const datastore = new MemoryDatastore()
  await using network = await ours.startHosts(2, at => (at === 0 ? { datastore } : {}))
  const [bad, reader] = network.hosts
  const forged = Uint8Array.from((await owner.sign(1)).bytes)
  // An octet of the signature.
  forged[5] = (forged[5] ?? 0) ^ 1
  // Past the guard, as a peer with another program would have it.
  const key = new Key(`/dht-private-test/record/${base32.baseEncode(owner.routingKey)}`)
  await datastore.put(key, new Libp2pRecord(owner.routingKey, forged, new Date()).serialize())

  expect(await ours.ask(reader!, owner)).toEqual([
    { kind: 'value', value: forged, from: bad!.libp2p.peerId.toString() },
  ])
})
