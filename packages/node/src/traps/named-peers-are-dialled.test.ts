import { expect, test } from 'vitest'
import { answerWith, inventPeers, startVictim } from '../dht/hostile.test-support.ts'
import * as ours from '../host/own-host.test-support.ts'
import { createOwner, drain, inTable, lanSettings, startStock, tableOf } from './stock.test-support.ts'

const NAMED = 100
const PROTOCOL = '/signpost/test/kad/1.0.0'

/** A peer that answers whatever it is asked with peers that are all said to be at one machine's port. */
async function startHostile(victim: { readonly port: number }) {
  const host = await startStock({ dht: { ...lanSettings, protocol: PROTOCOL } })
  const closer = inventPeers(NAMED, () => `/ip4/127.0.0.1/tcp/${victim.port}`)
  const count = await answerWith(host, PROTOCOL, () => ({ closer }))
  return { host, count, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() }
}

test('control: a stock node writes down all peers that one answer names, and dials them', {
  timeout: 20_000,
}, async () => {
  await using victim = await startVictim()
  await using hostile = await startHostile(victim)
  await using asking = await startStock({ dht: { ...lanSettings, protocol: PROTOCOL } })
  await asking.dial(hostile.host.getMultiaddrs())
  await inTable(tableOf(asking.services.dht), hostile.host.peerId)
  const { routingKey } = await createOwner()

  const over = new AbortController()
  const lookup = drain(asking.services.dht.get(routingKey, { signal: over.signal })).catch(() => [])
  await expect.poll(() => victim.connections, { timeout: 15_000 }).toBeGreaterThan(NAMED / 2)
  over.abort()
  await lookup

  expect((await asking.peerStore.all()).length).toBeGreaterThanOrEqual(NAMED)
})

test('a node of ours listens to twenty of them, and has a port dialled for one alone', async () => {
  await using victim = await startVictim()
  await using hostile = await startHostile(victim)
  await using asking = await ours.startHost()
  const [network] = asking.networks
  await asking.libp2p.dial(hostile.host.getMultiaddrs())
  await inTable(tableOf(network!.dht), hostile.host.peerId)
  await network!.settled

  await ours.ask(asking, ours.createOwner())

  expect(hostile.count.asked).toBeGreaterThanOrEqual(1)
  // The hostile one, and one for each answer.
  expect((await asking.libp2p.peerStore.all()).length).toBeLessThanOrEqual(1 + hostile.count.asked)
  // A lookup dials whom it hears of, and so does the table.
  expect(victim.connections).toBeLessThanOrEqual(2 * hostile.count.asked)
})
