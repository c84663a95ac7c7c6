import { expect, test } from 'vitest'
import { Alarms } from './alarms.ts'
import type { GuardEvent } from './event.ts'

const event: GuardEvent = {
  kind: 'doubt-began',
  name: 'www.example.',
  type: 'A',
  trouble: 'no-data',
  since: Date.UTC(2026, 0, 1, 10, 31, 59),
}

test('each event is told, and has a line that says what ordinary DNS says', () => {
  const lines: unknown[] = []
  const told: GuardEvent[] = []
  const log =
    (level: string) =>
    (message: string, fields = {}): void => {
      lines.push([level, message, fields])
    }
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
  const alarms = new Alarms({ logger, onEvent: one => told.push(one), now: () => 0 })
  const all: GuardEvent[] = [
    event,
    { ...event, kind: 'doubt-ended' },
    { ...event, kind: 'accepted', by: 'user' },
  ]
  for (const one of all) alarms.tell(one)
  expect(told).toEqual(all)
  const fields = {
    name: 'www.example.',
    type: 'A',
    problem: 'ordinary DNS says that there is no such type since 2026-01-01 10:31 UTC',
  }
  expect(lines).toEqual([
    ['warn', 'a guarded name is in doubt, and its last good answer is given out', fields],
    ['info', 'a guarded name has a good answer again', fields],
    ['warn', 'a change of a guarded name is believed now', { ...fields, by: 'user' }],
  ])
})

test('a whole network that is away fills no log, and every event is told all the same', () => {
  const lines: string[] = []
  let told = 0
  let now = 0
  const log = (message: string): void => {
    lines.push(message)
  }
  const alarms = new Alarms({
    logger: { debug: log, info: log, warn: log, error: log },
    onEvent: () => told++,
    now: () => now,
  })
  for (let n = 0; n < 1000; n++) alarms.tell(event)
  expect(told).toBe(1000)
  expect(lines.length).toBeLessThan(10)
  expect(lines.at(-1)).toContain('signpost status')
  now += 60_000
  alarms.tell(event)
  expect(lines.at(-1)).toContain('in doubt')
})
