import { signerFromSeed, zoneIdOf } from '@signpost/core'
import { apexOf } from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import { expect, test } from 'vitest'
import { createNode } from './create-node.ts'
import { createTestnet } from './testnet.ts'

const signer = signerFromSeed(new Uint8Array(32).fill(3))
const zoneId = zoneIdOf(signer.publicKey)
const records = parseZoneFile('www 60 IN A 192.0.2.1', { origin: apexOf(zoneId) })

test('every node of a testnet gets what one publishes, and every other node finds it', async () => {
  await using testnet = await createTestnet({ nodes: 5 })
  const [owner, ...others] = testnet.nodes

  const published = await owner!.publish({ signer, content: records })

  expect(published).toMatchObject({ sequence: 1, acks: 4, k: 4 })
  for (const node of others)
    expect(await node.resolve(zoneId)).toMatchObject({ kind: 'found', record: { sequence: 1 } })
})

test('a client of its own joins a testnet, and finds what is published', async () => {
  await using testnet = await createTestnet({ nodes: 3 })
  await testnet.nodes[0]!.publish({ signer, content: records })

  await using client = await createNode({ ...testnet.join, mode: 'client', listen: [] })

  expect(await client.resolve(zoneId)).toMatchObject({ kind: 'found', record: { sequence: 1 } })
  expect(client.status()).toMatchObject({ networks: [{ mode: 'client' }], addresses: [] })
})

test('what a client publishes as soon as it has started reaches every node', async () => {
  await using testnet = await createTestnet({ nodes: 6 })
  const [bootstrap = ''] = testnet.join.bootstrap
  await using client = await createNode({
    ...testnet.join,
    mode: 'client',
    listen: [],
    bootstrap: [bootstrap],
  })

  expect(await client.publish({ signer, content: records })).toMatchObject({ acks: 6, k: 6 })
})

test('frozen nodes do not keep a testnet from answering, and answer again when they are thawed', async () => {
  await using testnet = await createTestnet({ nodes: 6 })
  const [owner, reader, ...others] = testnet.nodes
  await owner!.publish({ signer, content: records })
  const frozen = others.slice(0, 2)
  for (const node of frozen) await testnet.freeze(node)

  expect(await reader!.resolve(zoneId)).toMatchObject({ kind: 'found', record: { sequence: 1 } })

  for (const node of frozen) await testnet.thaw(node)
  const again = await owner!.publish({ signer, content: records })
  expect(again).toMatchObject({ sequence: 2, acks: 5, k: 5 })
})

test('a testnet of no node is refused', async () => {
  await expect(createTestnet({ nodes: 0 })).rejects.toMatchObject({ code: 'INVALID_CONFIG', option: 'nodes' })
})
