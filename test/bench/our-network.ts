import { randomBytes } from 'node:crypto'
import { type ZoneId, signerFromSeed, zoneIdOf } from '@signpost/core'
import { parseName, parseZoneFile } from '@signpost/dns'
import { createNode } from '@signpost/node'
import { createTestnet } from '@signpost/node/testnet'
import type { Contender, Reader } from './contender.ts'
import { timed, untilIdle } from './measure.ts'

/** Nodes of ours. To publish is to look up the sequence, sign, store, put, and look what stands then. */
export async function startOurContender(peers: number): Promise<Contender> {
  const testnet = await createTestnet({ nodes: peers })
  const zoneIds: ZoneId[] = []
  return {
    what: '@signpost/node',
    publish: async from => {
      const signer = signerFromSeed(randomBytes(32))
      const zoneId = zoneIdOf(signer.publicKey)
      const content = parseZoneFile('$TTL 300\nwww A 192.0.2.1\n', { origin: parseName(`${zoneId}.`) })
      let acks = 0
      const time = await timed(async () => {
        ;({ acks } = await testnet.nodes[from]!.publish({ signer, content }))
      })
      zoneIds.push(zoneId)
      return { time, acks }
    },
    join: async (): Promise<Reader> => {
      const node = await createNode({ ...testnet.join, mode: 'client', listen: [] })
      // A zone that nobody has: whom it asks for it, and whom those name, it knows from then on.
      await node.resolve(zoneIdOf(signerFromSeed(randomBytes(32)).publicKey), { policy: 'network-first' })
      await untilIdle()
      return {
        resolve: async at =>
          timed(async () => {
            const { kind } = await node.resolve(zoneIds[at]!)
            if (kind !== 'found') throw new Error(`a zone was not found: ${kind}`)
          }),
        [Symbol.asyncDispose]: () => node.stop(),
      }
    },
    freeze: async (from, to) => {
      for (const node of testnet.nodes.slice(from, to)) await testnet.freeze(node)
    },
    stop: async (from, to) => {
      await Promise.all(testnet.nodes.slice(from, to).map(node => node.stop()))
    },
    [Symbol.asyncDispose]: () => testnet.stop(),
  }
}
