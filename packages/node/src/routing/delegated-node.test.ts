import { apexOf, signerFromSeed, zoneIdOf } from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import { expect, test } from 'vitest'
import { createNode } from '../create-node.ts'
import type { NodeOptions } from '../node-options.ts'
import type { Node } from '../node.ts'
import { startRecordServer, startServer } from './delegated-server.test-support.ts'

const signer = signerFromSeed(new Uint8Array(32).fill(11))
const zoneId = zoneIdOf(signer.publicKey)
const content = parseZoneFile('@ 60 IN TXT "by HTTP"', { origin: apexOf(zoneId) })

/** A node that no peer is near to. */
function nodeWith(delegatedRouting: readonly string[], options: NodeOptions = {}): Promise<Node> {
  const networks = [{ kind: 'private', name: 'nobody' }] as const
  return createNode({ networks, mode: 'client', listen: [], mdns: false, delegatedRouting, ...options })
}

test('nodes that reach no peer publish and resolve through a delegated router', async () => {
  await using server = await startRecordServer()
  await using owner = await nodeWith([server.url])
  await using reader = await nodeWith([`${server.url}/`, server.url])

  expect(await owner.publish({ signer, content })).toMatchObject({ sequence: 1, acks: 1, k: 1 })

  expect(await reader.resolve(zoneId)).toMatchObject({
    kind: 'found',
    record: { sequence: 1 },
    provenance: { peer: server.url, asked: 1 },
  })
})

test('what nobody has is absent, and what cannot be reached does not keep a node from starting', async () => {
  await using server = await startRecordServer()
  const gone = await startServer(() => {})
  await gone[Symbol.asyncDispose]()
  await using node = await nodeWith([gone.url, server.url])
  expect(await node.resolve(zoneId)).toMatchObject({ kind: 'absent', provenance: { asked: 1 } })
})

test('a delegated router that fails is in the log, once', async () => {
  await using server = await startServer((_, response) => response.writeHead(500).end())
  const warnings: unknown[] = []
  const logger = {
    debug: () => {},
    info: () => {},
    error: () => {},
    warn: (_: string, fields: unknown) => {
      warnings.push(fields)
    },
  }
  await using node = await nodeWith([server.url], { logger })
  await node.resolve(zoneId)
  await node.resolve(zoneIdOf(signerFromSeed(new Uint8Array(32).fill(12)).publicKey))
  expect(server.requests).toHaveLength(2)
  expect(warnings).toEqual([{ url: server.url, problem: 'Error: status 500' }])
})
