import { expect, test } from 'vitest'
import { hasNetwork, untilAnswered } from './wait.ts'

test('a signal ends the wait for a gateway, as it ends every command', async () => {
  const stop = new AbortController()
  const waiting = untilAnswered(
    { kind: 'wait', sentence: 'waits', at: { host: '127.0.0.1', port: 9 }, suffix: 'signpost.internal' },
    'darwin',
    stop.signal,
  )
  stop.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' })
})

test.each([
  [['127.0.0.1', '::1', '127.0.0.83'], false],
  [['127.0.0.1', 'fe80::1', '169.254.0.7'], false],
  [['127.0.0.1', '192.0.2.10'], true],
  [['::1', '2001:db8::1'], true],
])('a machine with the addresses %j has a network: %s', (addresses, expected) => {
  const interfaces = Object.fromEntries(addresses.map((address, n) => [`i${n}`, [{ address }]]))
  expect(hasNetwork(interfaces as Parameters<typeof hasNetwork>[0])).toBe(expected)
})
