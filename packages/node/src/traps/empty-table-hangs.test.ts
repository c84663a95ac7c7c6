import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import * as ours from '../host/own-host.test-support.ts'
import { createOwner, drain, startStock } from './stock.test-support.ts'

test('control: a stock lookup without peers lasts until its signal ends it', async () => {
  await using host = await startStock()
  const keys = await createOwner()
  const controller = new AbortController()
  const story: string[] = []

  const get = drain(host.services.dht.get(keys.routingKey, { signal: controller.signal })).then(
    () => story.push('ended'),
    () => story.push('failed'),
  )
  // Time enough for a lookup that means to end: the next test's takes about a millisecond.
  await new Promise(resolve => setTimeout(resolve, 500))
  story.push('signal')
  controller.abort()
  await get

  expect(story).toEqual(['signal', 'failed'])
})

test('a lookup of ours without peers ends by itself, with no answer', async () => {
  await using host = await ours.startHost()

  expect(await ours.ask(host, ours.createOwner())).toEqual([])
})

test('a lookup right after the start waits for the first peer', async () => {
  await using peer = await ours.startHost()
  const zone = ours.createOwner()
  const { signal } = new AbortController()
  const record = await zone.sign(1)
  await ours.routingOf(peer).put(zone.routingKey, record.bytes, { signal })

  await using host = await ours.startHost({ bootstrap: peer.libp2p.getMultiaddrs() })
  const answers = await ours.ask(host, zone)

  expect(answers).toEqual([{ kind: 'value', value: record.bytes, from: peer.libp2p.peerId.toString() }])
})

test('a signal ends a lookup that waits for the first peer, without an error', async () => {
  // Nobody listens on the port, so the host keeps hoping.
  const nobody = multiaddr('/ip4/127.0.0.1/tcp/1/p2p/12D3KooWJWhBVVo8ZTUcZN8HXw6DmhkVfgmVmH4F6KPRjpZkEKqF')
  await using host = await ours.startHost({ bootstrap: [nobody] })
  const controller = new AbortController()
  const zone = ours.createOwner()

  const answers = drain(ours.routingOf(host).get(zone.routingKey, { signal: controller.signal }))
  controller.abort()

  expect(await answers).toEqual([])
})
