import type { KadDHT } from '@libp2p/kad-dht'
import { afterEach, expect, test, vi } from 'vitest'
import * as ours from '../host/own-host.test-support.ts'
import { lanSettings, startStock } from './stock.test-support.ts'

/** Of kad-dht's network, what its published types leave out: how long each peer has for an answer. */
interface Timeouts {
  getTimeoutSignal(): AbortSignal & { start: number; readonly timeout: number }
  cleanUp(signal: AbortSignal): void
}

afterEach(() => {
  vi.useRealTimers()
})

test('control: stock kad-dht takes a silence for a slow answer, and gives each peer twice that time, up to a minute', async () => {
  await using host = await startStock({ dht: lanSettings })

  expect(afterSilences(host.services.dht)).toEqual([5_000, 12_000, 28_800, 60_000, 60_000])
})

test('a host of ours gives no peer more than six seconds', async () => {
  await using host = await ours.startHost()

  expect(afterSilences(host.networks[0]!.dht)).toEqual([3_000, 6_000, 6_000, 6_000, 6_000])
})

/** The time that a peer has for an answer at first, and after each peer more that said nothing in that time. */
function afterSilences(dht: KadDHT): number[] {
  const { timeout } = (dht as unknown as { readonly network: { readonly timeout: Timeouts } }).network
  vi.useFakeTimers({ now: 0, toFake: ['Date'] })
  const times: number[] = []
  for (let at = 1; at <= 5; at++) {
    const signal = timeout.getTimeoutSignal()
    times.push(signal.timeout)
    // Long enough after the last that kad-dht's average is the newest.
    vi.setSystemTime(at * 3_600_000)
    signal.start = Date.now() - signal.timeout
    Object.defineProperty(signal, 'aborted', { value: true })
    timeout.cleanUp(signal)
  }
  return times
}
