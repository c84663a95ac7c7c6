import { expect, test } from 'vitest'
import * as ours from '../host/own-host.test-support.ts'
import { PING_STREAMS } from '../host/host.ts'
import { internalsOf } from '../dht/kad-internals.ts'
import { inTable, lanSettings, startStock, tableOf } from './stock.test-support.ts'
import type { KadDHT, KadDHTInit } from '@libp2p/kad-dht'

function without(setting: 'peerInfoMapper' | 'clientMode'): KadDHTInit {
  const settings = { ...lanSettings }
  delete settings[setting]
  return settings
}

test('control: with the stock address mapper no peer on loopback gets into a routing table', async () => {
  const stockMapper = without('peerInfoMapper')
  // A second DHT that keeps private addresses tells when a peer was considered.
  const witness: KadDHTInit = {
    ...lanSettings,
    protocol: '/witness',
    datastorePrefix: '/w',
    metricsPrefix: 'w',
  }
  const options = { dht: stockMapper, ping: PING_STREAMS, also: { witness } }
  await using one = await startStock(options)
  await using other = await startStock(options)

  await one.dial(other.getMultiaddrs())
  for (const [host, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    await inTable(tableOf((host.services as unknown as { witness: KadDHT }).witness), peer.peerId)
    expect(tableOf(host.services.dht).size).toBe(0)
  }
})

test('control: with the stock client mode a host on loopback serves nobody', async () => {
  const stockMode = without('clientMode')
  await using host = await startStock({ dht: stockMode })

  // The event at which kad-dht decides again, when the host knows its addresses.
  await new Promise(resolve => {
    host.addEventListener('self:peer:update', event => {
      if (event.detail.peer.addresses.length > 0) resolve(undefined)
    })
  })

  expect(host.services.dht.getMode()).toBe('client')
  expect(host.getProtocols()).not.toContain(lanSettings.protocol)
})

test('hosts of ours on the LAN network serve each other on loopback', async () => {
  const settings = { networks: [{ kind: 'lan' }] } as const
  await using one = await ours.startHost(settings)
  await using other = await ours.startHost(settings)

  await one.libp2p.dial(other.libp2p.getMultiaddrs())
  for (const [host, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    const [network] = host.networks
    await inTable(internalsOf(network!.dht).routingTable, peer.libp2p.peerId)
    expect(network!.dht.getMode()).toBe('server')
  }
})
