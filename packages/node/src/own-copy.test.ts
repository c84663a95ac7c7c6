import { expect, test } from 'vitest'
import { orAfter } from './own-copy.ts'
import type { RoutingAnswer } from './routing.ts'

const own: RoutingAnswer = { kind: 'value', value: Uint8Array.of(1), from: 'self' }
const peer: RoutingAnswer = { kind: 'value', value: Uint8Array.of(2), from: 'peer' }
const nothing: RoutingAnswer = { kind: 'nothing', from: 'other peer' }
const LONG = 1_000_000

async function* of(...answers: RoutingAnswer[]): AsyncGenerator<RoutingAnswer> {
  yield* answers
}

async function* waiting(signal: AbortSignal, ...answers: RoutingAnswer[]): AsyncGenerator<RoutingAnswer> {
  yield* answers
  if (signal.aborted) return
  await new Promise(resolve => {
    signal.addEventListener('abort', resolve)
  })
}

async function collect(source: AsyncIterable<RoutingAnswer>): Promise<RoutingAnswer[]> {
  const answers: RoutingAnswer[] = []
  for await (const answer of source) answers.push(answer)
  return answers
}

const never = new AbortController().signal

test('peers that give a value make the own copy unnecessary', async () => {
  expect(await collect(orAfter(() => of(nothing, peer), own, LONG, never))).toEqual([nothing, peer])
})

test('the own copy answers when all peers were heard and none has a value', async () => {
  expect(await collect(orAfter(() => of(nothing), own, LONG, never))).toEqual([nothing, own])
  expect(await collect(orAfter(() => of(), own, LONG, never))).toEqual([own])
})

test('the own copy answers when peers take their time', async () => {
  const answers = orAfter(signal => waiting(signal, nothing), own, 5, never)

  expect(await answers.next()).toEqual({ done: false, value: nothing })
  expect(await answers.next()).toEqual({ done: false, value: own })
  await answers.return(undefined)
})

test('whoever leaves ends the lookup, though a peer never answers', async () => {
  let ended = false
  async function* ask(signal: AbortSignal): AsyncGenerator<RoutingAnswer> {
    try {
      yield* waiting(signal, peer)
    } finally {
      ended = true
    }
  }

  for await (const answer of orAfter(ask, own, LONG, never)) {
    expect(answer).toEqual(peer)
    break
  }

  expect(ended).toBe(true)
})

test('a signal ends it without the own copy', async () => {
  const controller = new AbortController()
  const answers = collect(orAfter(signal => waiting(signal), own, LONG, controller.signal))
  controller.abort()

  expect(await answers).toEqual([])
})
