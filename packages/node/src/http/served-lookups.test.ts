import { expect, test } from 'vitest'
import { createNode } from '../create-node.ts'
import { DAY, type Owner, createOwner } from '../engine.test-support.ts'
import { RECORD_TYPE } from '../routing/delegated-api.ts'
import { createTestnet } from '../testnet.ts'

const owner = createOwner()

async function recordOf(one: Owner): Promise<Uint8Array<ArrayBuffer>> {
  const record = await one.sign(1, { expiresAt: Date.now() + DAY })
  return Uint8Array.from(record.bytes)
}

test('clients who put and look up many zones turn out none that the node looked up', async () => {
  await using testnet = await createTestnet({ nodes: 2 })
  await using node = await createNode({ ...testnet.join, http: { port: 0 }, store: { records: 3 } })
  await testnet.nodes[0]!.publish({ signer: owner.signer, content: owner.records('mine') })
  expect(await node.resolve(owner.zoneId)).toMatchObject({ kind: 'found' })

  for (let at = 0; at < 5; at++) {
    const stranger = createOwner(100 + at)
    const url = `${node.status().http}/routing/v1/ipns/${stranger.zoneId}`
    const headers = { 'content-type': RECORD_TYPE }
    const put = await fetch(url, { method: 'PUT', headers, body: await recordOf(stranger) })
    const got = await fetch(url)
    expect([put.status, got.headers.get('content-type')]).toEqual([200, RECORD_TYPE])
    await got.arrayBuffer()
  }

  expect(await node.inspect(owner.zoneId)).toMatchObject({ stored: { record: { sequence: 1 } } })
  await testnet.stop()
  expect(await node.resolve(owner.zoneId, { policy: 'cache-only' })).toMatchObject({ kind: 'found' })
})
