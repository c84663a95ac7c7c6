import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore } from 'datastore-core'
import { expect, test } from 'vitest'
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
