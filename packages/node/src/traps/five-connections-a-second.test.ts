import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { connectionSettings } from '../host/host.ts'
import * as ours from '../host/own-host.test-support.ts'
import { startStock, stopAtEnd } from './stock.test-support.ts'

const DIALLERS = 12

/** How many of {@link DIALLERS} hosts at one address get through when they all dial at once. */
async function dialAtOnce(target: Libp2p): Promise<number> {
  const diallers = await Promise.all(Array.from({ length: DIALLERS }, async () => startStock()))
  await using _ = stopAtEnd(diallers)
  const dials = await Promise.allSettled(diallers.map(async dialler => dialler.dial(target.getMultiaddrs())))
  return dials.filter(dial => dial.status === 'fulfilled').length
}

test('control: of twelve connections from one address a stock host resets those after the fifth', async () => {
  await using host = await startStock({ connectionManager: {} })

  expect(await dialAtOnce(host)).toBeLessThan(DIALLERS)
})

test('a host of ours on loopback takes all twelve', async () => {
  await using host = await ours.startHost()

  expect(await dialAtOnce(host.libp2p)).toBe(DIALLERS)
})

test('a host that others can reach keeps the limit', () => {
  const loopback = multiaddr('/ip4/127.0.0.1/tcp/0')
  const everywhere = multiaddr('/ip4/0.0.0.0/tcp/0')

  expect(connectionSettings([loopback]).inboundConnectionThreshold).toBe(1_000)
  expect(connectionSettings([everywhere]).inboundConnectionThreshold).toBeUndefined()
  expect(connectionSettings([loopback, everywhere]).inboundConnectionThreshold).toBeUndefined()
})
