import { once } from 'node:events'
import type { KadDHT, QueryEvent } from '@libp2p/kad-dht'
import { peerIdFromString } from '@libp2p/peer-id'
import { expect, test } from 'vitest'
import { internalsOf } from './kad-internals.ts'
import { SILENCE_MEMORY, SILENT_PEER_TIMEOUT, SilentPeers, boundSilence } from './silent-peers.ts'

test('a peer is silent for a minute after it left a request without an answer', () => {
  const peers = new SilentPeers()

  peers.unanswered('a', 1_000)

  expect(peers.isSilent('b', 1_000)).toBe(false)
  expect(peers.isSilent('a', 1_000 + SILENCE_MEMORY - 1)).toBe(true)
  expect(peers.isSilent('a', 1_000 + SILENCE_MEMORY)).toBe(false)
})

test('a silent peer gets its full time again after a minute, however often it is asked meanwhile', () => {
  const peers = new SilentPeers()

  peers.unanswered('a', 0)
  peers.unanswered('a', SILENCE_MEMORY - 1)
  expect(peers.isSilent('a', SILENCE_MEMORY)).toBe(false)

  peers.unanswered('a', SILENCE_MEMORY)
  expect(peers.isSilent('a', SILENCE_MEMORY + 1)).toBe(true)
})

test('a peer that answers is not silent', () => {
  const peers = new SilentPeers()

  peers.unanswered('a', 0)
  peers.answered('a')

  expect(peers.isSilent('a', 1)).toBe(false)
})

const frozen = '12D3KooWGzBuHnsD9sJxKcGvxPJkGbyq3YFXoNMrFPfPJWZBdXhC'
const other = '12D3KooWJWEKvSFbben74C7H4YtKjhPMTDxd7gP7wxWvUCgZMDzk'

test('a request of a silent peer ends early, and those of other peers do not', async () => {
  let now = 0
  const { request, answers } = fakeDht(() => now)
  const caller = new AbortController().signal

  // In its full time it says nothing, so the request fails.
  answers.push(() => {
    now += 3_000
    return 'QUERY_ERROR'
  })
  expect(await request(frozen, caller)).toBe(caller)

  expect(await request(other, caller)).toBe(caller)
  const short = await request(frozen, caller)
  expect(short).not.toBe(caller)
  await once(short!, 'abort')
  expect(short!.reason).toMatchObject({ name: 'TimeoutError' })

  answers.push(() => 'PEER_RESPONSE')
  await request(frozen, caller)
  expect(await request(frozen, caller)).toBe(caller)
})

test.each([
  ['that cannot be reached', SILENT_PEER_TIMEOUT - 1, false],
  ['that was asked when the caller gave up', SILENT_PEER_TIMEOUT, true],
])('a peer %s is not silent', async (_, passed, isAborted) => {
  let now = 0
  const { request, answers } = fakeDht(() => now)
  answers.push(() => {
    now += passed
    return 'QUERY_ERROR'
  })
  await request(frozen, isAborted ? AbortSignal.abort() : undefined)

  expect(await request(frozen, undefined)).toBeUndefined()
})

/** A DHT that tells with which signal it sends a request, and answers as the next of `answers` says. */
function fakeDht(now: () => number): {
  readonly request: (peer: string, signal: AbortSignal | undefined) => Promise<AbortSignal | undefined>
  readonly answers: (() => QueryEvent['name'])[]
} {
  const answers: (() => QueryEvent['name'])[] = []
  let used: AbortSignal | undefined
  const dht = {
    routingTable: { find: () => undefined },
    rpc: { handleMessage: () => undefined },
    network: {
      async *sendRequest(_to: unknown, _message: unknown, options: { readonly signal?: AbortSignal }) {
        used = options.signal
        const name = answers.shift()?.()
        if (name !== undefined) yield { name } as QueryEvent
      },
    },
  } as unknown as KadDHT
  boundSilence(dht, now)
  const path = { index: 0, queued: 0, running: 0, total: 0 }
  const message = { type: 'PUT_VALUE', key: new Uint8Array(), record: new Uint8Array() } as const
  return {
    answers,
    request: async (peer, signal) => {
      const events = internalsOf(dht).network.sendRequest(peerIdFromString(peer), message, { signal, path })
      for await (const event of events) void event
      return used
    },
  }
}
