import { expect, test } from 'vitest'
import { badRecords } from '../../packages/node/src/bad-records.test-support.ts'
import { type Owner, createOwner } from '../../packages/node/src/engine.test-support.ts'
import type { RefusalCounts, RefusalReason } from '../../packages/node/src/refusals.ts'
import { Stranger, startNodes } from '../../packages/node/src/host/stranger.test-support.ts'

const now = Date.now()
const owners = Array.from({ length: 20 }, (_, at) => createOwner(at + 1))
const [owner] = owners as [Owner, ...Owner[]]
const cases = await badRecords(owner, now)

function counted(refused: RefusalCounts): Partial<RefusalCounts> {
  return Object.fromEntries(Object.entries(refused).filter(([, count]) => count > 0))
}

test('what a hostile peer puts is refused and counted, and neither kept nor served', async () => {
  await using network = await startNodes(2)
  const { members } = network
  await using stranger = await Stranger.join(members)
  const [victim, other] = members
  const { node, host } = victim!
  const expected: Partial<Record<RefusalReason, number>> = {}
  const events: unknown[] = []
  node.addEventListener('refused', ({ detail: { way, reason, peer, zoneId } }) => {
    events.push({ way, reason, peer, zoneId })
  })
  for (const { what, bytes, reason } of cases) {
    expect(await stranger.put(host.libp2p.peerId, owner.routingKey, bytes), what).toBe(false)
    expected[reason] = (expected[reason] ?? 0) + 1
    expect(counted(node.status().refused), what).toEqual(expected)
    expect(events.at(-1)).toEqual({ way: 'put', reason, peer: stranger.peerId, zoneId: owner.zoneId })
  }
  // Nor what kad-dht itself cannot read, or finds under a key that is no zone's.
  const [{ bytes }] = cases as [(typeof cases)[number]]
  expect(await stranger.putEnvelope(host.libp2p.peerId, owner.routingKey, Uint8Array.of(0xff))).toBe(false)
  expect(await stranger.put(host.libp2p.peerId, new TextEncoder().encode('/ipns/abc'), bytes)).toBe(false)
  expect(node.status().refused.malformed).toBe((expected.malformed ?? 0) + 2)

  expect(await host.networks[0]!.guard.held(owner.zoneId)).toBeUndefined()
  expect(await node.resolve(owner.zoneId)).toMatchObject({ kind: 'absent' })
  expect(await other!.node.resolve(owner.zoneId)).toMatchObject({ kind: 'absent' })
  expect(await node.inspect(owner.zoneId)).toMatchObject({ stored: undefined, floor: undefined })
})

test('what a hostile peer answers is refused and counted, and never an answer', async () => {
  await using network = await startNodes(2)
  const { members } = network
  await using stranger = await Stranger.join(members)
  const { node } = members[0]!
  const expected: Partial<Record<RefusalReason, number>> = {}
  for (const [at, of] of owners.slice(0, cases.length).entries()) {
    const { what, bytes, reason } = (await badRecords(of, now))[at]!
    await stranger.plant(of.routingKey, bytes)
    const outcome = await node.resolve(of.zoneId, { policy: 'network-first' })
    // What is over its validity is the owner's all the same, and says so; all else is nobody's.
    expect(outcome, what).toMatchObject({ kind: reason === 'expired' ? 'expired' : 'invalid' })
    expected[reason] = (expected[reason] ?? 0) + 1
    expect(counted(node.status().refused), what).toEqual(expected)
    expect(await members[1]!.host.networks[0]!.guard.held(of.zoneId)).toBeUndefined()
  }
})

test('beside a hostile peer, readers get the good record of the others, and no bad one in its place', async () => {
  await using network = await startNodes(3)
  const { members } = network
  await using stranger = await Stranger.join(members)
  const [publisher, reader] = members
  for (const [at, of] of owners.slice(0, cases.length).entries()) {
    const { what, bytes } = (await badRecords(of, now))[at]!
    const { sequence } = await publisher!.node.publish({ signer: of.signer, content: of.records('good') })
    await stranger.plant(of.routingKey, bytes)
    for (const { host } of members) await stranger.put(host.libp2p.peerId, of.routingKey, bytes)
    const outcome = await reader!.node.resolve(of.zoneId, { policy: 'network-first' })
    expect(outcome, what).toMatchObject(
      // A record over its validity has sequence 9 here: the owner did replace the good one by it.
      what === 'a record over its validity'
        ? { kind: 'expired', record: { sequence: 9 } }
        : { kind: 'found', record: { sequence } },
    )
  }
})

test('what a hostile program puts over HTTP is refused and counted like what a peer puts', async () => {
  await using network = await startNodes(1, () => ({ http: { port: 0, proxies: ['127.0.0.1'] } }))
  const { node, host } = network.members[0]!
  const expected: Partial<Record<RefusalReason, number>> = {}
  // Each from a place of its own: one that sends several is soon not heard any more.
  for (const [at, { what, bytes, reason }] of cases.entries()) {
    const reply = await fetch(`${node.status().http}/routing/v1/ipns/${owner.zoneId}`, {
      method: 'PUT',
      headers: {
        'content-type': 'application/vnd.ipfs.ipns-record',
        'x-forwarded-for': `192.0.2.${at}`,
      },
      body: Uint8Array.from(bytes),
    })
    expect(reply.ok, what).toBe(false)
    // What is too long is not even read.
    if (reason !== 'oversized') expected[reason] = (expected[reason] ?? 0) + 1
    expect(counted(node.status().refused), what).toEqual(expected)
  }
  expect(await host.networks[0]!.guard.held(owner.zoneId)).toBeUndefined()
})
