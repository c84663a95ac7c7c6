import { expect, test } from 'vitest'
import { readableLine } from './logger.ts'

test('a line of the log has the time, the level, what happened and the facts', () => {
  const line = JSON.stringify({
    level: 40,
    time: '2026-01-02T03:04:05.678Z',
    msg: 'peer is gone',
    peer: '12D3',
    count: 2,
  })
  expect(readableLine(line, (_style, text) => text)).toBe('03:04:05 warn  peer is gone peer=12D3 count=2')
  expect(
    readableLine('{"level":30,"time":"2026-01-02T03:04:05Z","msg":"ready"}', (_style, text) => text),
  ).toBe('03:04:05 info  ready')
})
