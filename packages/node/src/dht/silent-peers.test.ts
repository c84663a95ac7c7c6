import { once } from 'node:events'
import type { QueryEvent } from '@libp2p/kad-dht'
import { peerIdFromString } from '@libp2p/peer-id'
import { expect, test } from 'vitest'
import { drain } from '../traps/stock.test-support.ts'
import { fakeDht } from './kad-internals.test-support.ts'
import { internalsOf } from './kad-internals.ts'
import { SILENCE_MEMORY, SILENT_PEER_TIMEOUT, SilentPeers, boundSilence } from './silent-peers.ts'

/** A quick answer of another peer, and then a request that had none in its time. */
function fallSilent(peers: SilentPeers, peer: string, now: number): void {
  peers.answered('other', now - 10, now - 1)
  peers.failed(peer, now - SILENT_PEER_TIMEOUT, now)
}

test('a peer is silent for a minute after it left a request without an answer', () => {
  const peers = new SilentPeers()

  fallSilent(peers, 'a', 5_000)

  expect(peers.isSilent('other', 5_000)).toBe(false)
  expect(peers.isSilent('a', 5_000 + SILENCE_MEMORY - 1)).toBe(true)
  expect(peers.isSilent('a', 5_000 + SILENCE_MEMORY)).toBe(false)
})

test('a silent peer gets its full time again after a minute, however often it is asked meanwhile', () => {
  const peers = new SilentPeers()

  fallSilent(peers, 'a', 0)
  fallSilent(peers, 'a', SILENCE_MEMORY - 1)
  expect(peers.isSilent('a', SILENCE_MEMORY)).toBe(false)

  fallSilent(peers, 'a', SILENCE_MEMORY)
  expect(peers.isSilent('a', SILENCE_MEMORY + 1)).toBe(true)
})

test('a peer that answers is not silent', () => {
  const peers = new SilentPeers()

  fallSilent(peers, 'a', 0)
  peers.answered('a', 0, 900)

  expect(peers.isSilent('a', 901)).toBe(false)
})

test('a peer that cannot be reached is not silent', () => {
  const peers = new SilentPeers()

  peers.answered('other', 0, 1)
  peers.failed('a', 0, SILENT_PEER_TIMEOUT - 1)

  expect(peers.isSilent('a', SILENT_PEER_TIMEOUT)).toBe(false)
})

test.each([
  ['nobody has answered since', 0, 400, 500],
  ['others take their time, too', 0, 1_500, 1_000],
])('no peer is silent where %s', (_, asked, answered, askedFirst) => {
  const peers = new SilentPeers()

  peers.answered('other', asked, answered)
  peers.failed('a', askedFirst, askedFirst + 3_000)

  expect(peers.isSilent('a', askedFirst + 3_000)).toBe(false)
})

const frozen = '12D3KooWGzBuHnsD9sJxKcGvxPJkGbyq3YFXoNMrFPfPJWZBdXhC'
const other = '12D3KooWJWEKvSFbben74C7H4YtKjhPMTDxd7gP7wxWvUCgZMDzk'

test('a request of a silent peer ends early, and those of other peers do not', async () => {
  const { request, step } = startFake()
  const caller = new AbortController().signal

  const asked = request(frozen, caller)
  await request(other, caller).end('PEER_RESPONSE')
  step(3_000)
  await asked.end('QUERY_ERROR')
  expect(asked.signal).toBe(caller)

  expect(request(other, caller).signal).toBe(caller)
  const short = request(frozen, caller)
  expect(short.signal).not.toBe(caller)
  await once(short.signal!, 'abort')
  expect(short.signal!.reason).toMatchObject({ name: 'TimeoutError' })

  await short.end('PEER_RESPONSE')
  expect(request(frozen, caller).signal).toBe(caller)
})

test('a peer that was asked when the caller gave up is not silent', async () => {
  const { request, step } = startFake()

  const asked = request(frozen, AbortSignal.abort())
  await request(other, undefined).end('PEER_RESPONSE')
  step(3_000)
  await asked.end('QUERY_ERROR')

  expect(request(frozen, undefined).signal).toBeUndefined()
})

interface Request {
  /** With which the request was sent. */
  readonly signal: AbortSignal | undefined
  readonly end: (event: 'PEER_RESPONSE' | 'QUERY_ERROR') => Promise<void>
}

/** A DHT of which each request ends when and as the test says. */
function startFake(): {
  readonly request: (peer: string, signal: AbortSignal | undefined) => Request
  readonly step: (milliseconds: number) => void
} {
  let now = 0
  let sent: { signal: AbortSignal | undefined; end: (event: QueryEvent) => void } | undefined
  const dht = fakeDht({
    network: {
      sendRequest(_to: unknown, _message: unknown, { signal }: { readonly signal?: AbortSignal }) {
        const { promise, resolve } = Promise.withResolvers<QueryEvent>()
        sent = { signal, end: resolve }
        return (async function* () {
          yield await promise
        })()
      },
    },
  })
  boundSilence(dht, () => now)
  const path = { index: 0, queued: 0, running: 0, total: 0 }
  const message = { type: 'PUT_VALUE', key: new Uint8Array(), record: new Uint8Array() } as const
  return {
    request(peer, signal) {
      const events = internalsOf(dht).network.sendRequest(peerIdFromString(peer), message, { signal, path })
      const over = drain(events)
      const { signal: used, end } = sent!
      return {
        signal: used,
        async end(name) {
          end({ name } as QueryEvent)
          await over
        },
      }
    },
    step(milliseconds) {
      now += milliseconds
    },
  }
}
