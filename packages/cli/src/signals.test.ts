import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { aborted, watchSignals } from './signals.ts'

class FakeProcess extends EventEmitter {
  readonly exits: number[] = []
  exit(code: number): void {
    this.exits.push(code)
  }
}

let fake: FakeProcess
let stop: AbortSignal
let onHangup: (listener: () => void) => void

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
  fake = new FakeProcess()
  ;({ stop, onHangup } = watchSignals(fake as unknown as NodeJS.Process))
})

afterEach(() => {
  vi.useRealTimers()
})

test('the first signal asks to stop, and the process goes on until it has', async () => {
  const waiting = aborted(stop)
  fake.emit('SIGTERM')
  await waiting
  expect(stop.aborted).toBe(true)
  expect(fake.exits).toEqual([])
})

test('one Ctrl-C that arrives twice is one', () => {
  fake.emit('SIGINT')
  vi.advanceTimersByTime(100)
  fake.emit('SIGINT')
  expect(fake.exits).toEqual([])
})

test('the second signal ends the process at once', () => {
  fake.emit('SIGINT')
  vi.advanceTimersByTime(1_000)
  fake.emit('SIGTERM')
  expect(fake.exits).toEqual([130])
})

test('a hangup asks to stop, unless somebody has another use for it', () => {
  const heard: string[] = []
  onHangup(() => heard.push('hangup'))
  fake.emit('SIGHUP')
  fake.emit('SIGHUP')
  expect([heard.length, stop.aborted]).toEqual([2, false])
  fake.emit('SIGTERM')
  expect(stop.aborted).toBe(true)
})
