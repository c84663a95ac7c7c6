import { decodeRecord } from '@signpost/core'
import { expect, test } from 'vitest'
import * as ours from '../host/own-host.test-support.ts'
import {
  createOwner,
  drain,
  freeze,
  lanSettings,
  sequenceOf,
  signIpns,
  startStockNetwork,
} from './stock.test-support.ts'

const HOSTS = 6
const FROZEN = 2

test('control: a stock get has the value from every other peer and gives it only when the frozen ones are given up', async () => {
  await using network = await startStockNetwork(HOSTS)
  const [owner, reader, ...others] = network.hosts
  const keys = await createOwner()
  await drain(owner!.services.dht.put(keys.routingKey, await signIpns(keys, 1)))
  const giveUp = await freeze(others.slice(0, FROZEN), lanSettings.protocol!)

  const story: string[] = []
  let asked = 0
  let answered = 0
  for await (const event of reader!.services.dht.get(keys.routingKey)) {
    if (event.name === 'SEND_QUERY') asked++
    if (event.name === 'PEER_RESPONSE' && event.record !== undefined) answered++
    if (event.name === 'VALUE') story.push(`value ${sequenceOf(event.value)}`)
    if (asked === HOSTS - 1 && answered === HOSTS - 1 - FROZEN && !story.includes('frozen peers given up')) {
      story.push(`${answered} peers answered`, 'frozen peers given up')
      giveUp()
    }
  }

  expect(story).toEqual(['3 peers answered', 'frozen peers given up', 'value 1'])
})

test('a lookup of ours gives the value when the first peer answers', async () => {
  await using network = await ours.startHosts(HOSTS)
  const [owner, reader, ...others] = network.hosts
  const zone = ours.createOwner()
  const { signal } = new AbortController()
  await ours.routingOf(owner!).put(zone.routingKey, (await zone.sign(1)).bytes, { signal })
  // What the reader keeps for others would be an answer before any peer's.
  const newer = await zone.sign(2)
  for (const host of others.slice(FROZEN))
    await ours.routingOf(owner!).send(host.libp2p.peerId.toString(), zone.routingKey, newer.bytes, { signal })
  const frozen = others.slice(0, FROZEN).map(host => host.libp2p)
  const giveUp = await freeze(frozen, reader!.networks[0]!.profile.protocol)

  const story: string[] = []
  for await (const answer of ours.routingOf(reader!).get(zone.routingKey, { signal })) {
    if (answer.kind === 'nothing' || answer.from === reader!.libp2p.peerId.toString()) continue
    story.push(`value ${decodeRecord(zone.zoneId, answer.value).sequence}`)
    if (story.length === HOSTS - 1 - FROZEN) {
      story.push('frozen peers given up')
      giveUp()
    }
  }

  expect(story.toSorted()).toEqual(['frozen peers given up', 'value 1', 'value 2', 'value 2'])
  expect(story.at(-1)).toBe('frozen peers given up')
})
