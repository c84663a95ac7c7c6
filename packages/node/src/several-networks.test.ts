import { signerFromSeed, zoneIdOf } from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import { apexOf } from '@signpost/core'
import { expect, test } from 'vitest'
import { createNode } from './create-node.ts'
import type { NodeOptions } from './node-options.ts'

const signer = signerFromSeed(new Uint8Array(32).fill(7))
const zoneId = zoneIdOf(signer.publicKey)
const content = parseZoneFile('@ 60 IN TXT "here"', { origin: apexOf(zoneId) })

const first = { kind: 'private', name: 'first' } as const
const second = { kind: 'private', name: 'second' } as const
const local: NodeOptions = { listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false }

test('a node in two networks publishes to both, and finds what either of them has', async () => {
  await using one = await createNode({ ...local, networks: [first] })
  await using two = await createNode({ ...local, networks: [second] })
  const bootstrap = [...one.addresses, ...two.addresses]
  await using both = await createNode({ ...local, networks: [first, second], bootstrap })

  const { acks } = await both.publish({ signer, content })

  expect(acks).toBe(2)
  expect(both.status().networks).toEqual([
    { network: first, mode: 'server', known: 1 },
    { network: second, mode: 'server', known: 1 },
  ])
  await using reader = await createNode({
    ...local,
    networks: [first, second],
    mode: 'client',
    listen: [],
    bootstrap: two.addresses,
  })
  expect(await reader.resolve(zoneId)).toMatchObject({ kind: 'found', record: { sequence: 1 } })
})

test('a newer record in one network is carried over to the other by whoever looks in both', async () => {
  await using one = await createNode({ ...local, networks: [first] })
  await using two = await createNode({ ...local, networks: [second] })
  const publish = async (
    node: typeof one,
    networks: NodeOptions['networks'],
    text: string,
  ): Promise<void> => {
    await using owner = await createNode({
      ...local,
      mode: 'client',
      listen: [],
      bootstrap: node.addresses,
      ...(networks && { networks }),
    })
    await owner.publish({
      signer,
      content: parseZoneFile(`@ TXT "${text}"`, { origin: apexOf(zoneId), defaultTtl: 60 }),
      base: 'standing',
    })
  }
  await publish(one, [first], 'old')
  await publish(two, [second], 'old, elsewhere')
  await publish(two, [second], 'new')

  await using both = await createNode({
    ...local,
    networks: [first, second],
    bootstrap: [...one.addresses, ...two.addresses],
  })
  const corrected = Promise.withResolvers<unknown>()
  both.addEventListener('corrected', ({ detail }) => {
    corrected.resolve(detail)
  })
  expect(await both.resolve(zoneId, { policy: 'network-first' })).toMatchObject({ record: { sequence: 2 } })
  expect(await corrected.promise).toMatchObject({ peer: one.peerId, accepted: true, sequence: 2 })
})
