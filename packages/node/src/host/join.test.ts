import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromMultihash, peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore } from 'datastore-core'
import * as Digest from 'multiformats/hashes/digest'
import { expect, test } from 'vitest'
import { inventPeers } from '../dht/hostile.test-support.ts'
import { fakeDht } from '../dht/kad-internals.test-support.ts'
import { silentLogger } from '../logger.ts'
import { Join } from './join.ts'
import * as ours from './own-host.test-support.ts'

const SILENT = 12
const owner = ours.createOwner()

test('remembered peers that take a connection and say nothing keep no node from the one that answers', async () => {
  // As a suspended machine does: its kernel takes connections, and nothing else happens.
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  await using alive = await ours.startHost()
  const datastore = new MemoryDatastore()
  const privateKey = await generateKeyPair('Ed25519')
  {
    await using host = await ours.startHost({ datastore, privateKey })
    const { protocol } = host.networks[0]!.profile
    for (let at = 0; at < SILENT; at++) {
      const id = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
      const address = multiaddr(`/ip4/127.0.0.1/tcp/${port}`)
      const tags = { 'kad-peer': { value: 1 } }
      await host.libp2p.peerStore.merge(id, { multiaddrs: [address], protocols: [protocol], tags })
    }
  }
  {
    await using host = await ours.startHost({
      datastore,
      privateKey,
      bootstrap: alive.libp2p.getMultiaddrs(),
    })
    expect(await ours.ask(host, owner)).toHaveLength(1)
  }

  await using again = await ours.startHost({ datastore, privateKey })

  expect(await ours.ask(again, owner)).toHaveLength(1)
  silent.close()
})

class FakeTable extends EventTarget {
  readonly size = 0
  added = 0

  async add(): Promise<void> {
    this.added++
  }
}

test('of all the peers that the first answers name, a hundred are looked for', async () => {
  const routingTable = new FakeTable()
  const answers = Array.from({ length: 10 }, () => inventPeers(20, () => '/ip4/127.0.0.1/tcp/1'))
  const dht = fakeDht({
    routingTable,
    async *getClosestPeers() {
      for (const closer of answers)
        yield {
          name: 'PEER_RESPONSE',
          closer: closer.map(({ id }) => ({ id: peerIdFromMultihash(Digest.decode(id)), multiaddrs: [] })),
        }
    },
  })
  const self = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
  const join = new Join({ dht, self, expectsPeers: true, search: true, logger: silentLogger })
  routingTable.dispatchEvent(new Event('peer:add'))

  await join.settled

  expect(routingTable.added).toBe(100)
})
