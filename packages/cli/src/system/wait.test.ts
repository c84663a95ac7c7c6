import { expect, test } from 'vitest'
import { untilAnswered } from './wait.ts'

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
