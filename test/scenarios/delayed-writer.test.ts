import { describe, expect, test } from 'vitest'
import { decodeRecord } from '@signpost/core'
import { createOwner } from '../../packages/node/src/engine.test-support.ts'
import * as stock from '../../packages/node/src/traps/stock.test-support.ts'
import { Stranger, startNodes } from '../../packages/node/src/host/stranger.test-support.ts'

const VERSIONS = 10
/** The version that a writer who was late still has. */
const OLD = 3
const PUTS = 1_000

describe('a writer that is late puts version 3 again and again, while its owner is at version 10', () => {
  test('control: stock nodes fall back to version 3 at its first put', async () => {
    await using network = await stock.startStockNetwork(4)
    const [owner, late, ...others] = network.hosts
    const keys = await stock.createOwner()
    const versions = await Promise.all(
      Array.from({ length: VERSIONS }, (_, at) => stock.signIpns(keys, at + 1)),
    )
    for (const version of versions) await stock.drain(owner!.services.dht.put(keys.routingKey, version))
    await stock.drain(late!.services.dht.put(keys.routingKey, versions[OLD - 1]!))
    for (const host of [owner!, ...others])
      expect(stock.sequencesIn(await stock.drain(host.services.dht.get(keys.routingKey)))).toEqual([OLD])
  })

  test('nobody ever goes below what was there', async () => {
    const clock = { now: Date.now() }
    await using network = await startNodes(4, () => ({ now: () => clock.now }))
    const { members } = network
    await using late = await Stranger.join(members)
    const [publisher] = members
    const owner = createOwner()
    const { zoneId, routingKey } = owner
    const old = Promise.withResolvers<Uint8Array>()

    const publishing = (async () => {
      for (let version = 1; version <= VERSIONS; version++) {
        const { record } = await publisher!.node.publish({
          signer: owner.signer,
          content: owner.records(`version ${version}`),
        })
        expect(record.sequence).toBe(version)
        if (version === OLD) old.resolve(record.bytes)
      }
    })()
    // What each member keeps for others, which may only ever rise.
    const lowest = new Map<string, number>()
    const heldBy = async ({ node, host }: (typeof members)[number]): Promise<number> => {
      const held = await host.networks[0]!.guard.held(zoneId)
      const sequence = held === undefined ? 0 : decodeRecord(zoneId, held).sequence
      expect(sequence).toBeGreaterThanOrEqual(lowest.get(node.peerId) ?? 0)
      lowest.set(node.peerId, sequence)
      return sequence
    }
    const value = await old.promise
    let taken = 0
    for (let round = 0; round < PUTS / members.length; round++)
      await Promise.all(
        members.map(async member => {
          const before = await heldBy(member)
          if (await late.put(member.host.libp2p.peerId, routingKey, value)) {
            taken++
            // Only who has nothing newer takes it.
            expect(before).toBeLessThanOrEqual(OLD)
          }
        }),
      )
    await publishing

    for (const member of members) expect(await heldBy(member)).toBe(VERSIONS)
    clock.now += 3_600_000
    for (const { node } of members)
      for (const policy of ['cache-first', 'network-first', 'cache-only'] as const)
        expect(await node.resolve(zoneId, { policy })).toMatchObject({ record: { sequence: VERSIONS } })
    const refused = members.reduce((sum, { node }) => sum + node.status().refused.stale, 0)
    expect(refused + taken).toBe(PUTS)
    expect(taken).toBeLessThan(PUTS / 10)
  }, 60_000)
})
