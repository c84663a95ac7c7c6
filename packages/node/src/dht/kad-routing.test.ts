import { Libp2pRecord } from '@libp2p/record'
import { MAX_RECORD_LENGTH, zoneIdOfRoutingKey } from '@signpost/core'
import { expect, test } from 'vitest'
import type { Host } from '../host/host.ts'
import { introduce } from '../host/introduce.ts'
import * as ours from '../host/own-host.test-support.ts'
import type { RoutingAnswer } from '../routing/routing.ts'
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

test('a lookup that breaks is not one that heard everybody', async () => {
  await using network = await ours.startHosts(2)
  const [host] = network.hosts
  host!.networks[0]!.dht.get = () => {
    throw new Error('broken')
  }
  await expect(ours.ask(host!, owner)).rejects.toThrow('broken')
})

test('a peer of another kind of routing takes nothing here', async () => {
  await using host = await ours.startHost()
  const { signal } = new AbortController()
  const sending = ours
    .routingOf(host)
    .send('http://127.0.0.1:1', owner.routingKey, new Uint8Array(1), { signal })
  expect(await sending).toBe(false)
})

/** What a reader hears of a peer with another program, which gives these octets for every zone. */
async function askPeerWith(value: Uint8Array): Promise<{ answers: RoutingAnswer[]; peer: string }> {
  await using network = await ours.startHosts(2)
  const [bad, reader] = network.hosts
  const record = new Libp2pRecord(owner.routingKey, value, new Date()).serialize()
  bad!.networks[0]!.guard.get = () => Promise.resolve(record)
  return { answers: await ours.ask(reader!, owner), peer: bad!.libp2p.peerId.toString() }
}

test('octets that nobody signed come through, for whoever reads to judge', async () => {
  const forged = Uint8Array.from((await owner.sign(1)).bytes)
  // An octet of the signature.
  forged[5] = (forged[5] ?? 0) ^ 1

  const { answers, peer } = await askPeerWith(forged)

  expect(answers).toEqual([{ kind: 'value', value: forged, from: peer }])
})

test('of all that a peer sends, no more is kept than shows that it is no record', async () => {
  const { answers, peer } = await askPeerWith(new Uint8Array(60_000).fill(7))

  const enough = new Uint8Array(MAX_RECORD_LENGTH + 1).fill(7)
  expect(answers).toEqual([{ kind: 'value', value: enough, from: peer }])
})

test('a peer that sends a megabyte says nothing, not even that it has nothing', async () => {
  expect((await askPeerWith(new Uint8Array(1_000_000).fill(7))).answers).toEqual([])
})
