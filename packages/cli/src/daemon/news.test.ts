import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ZoneId, signerFromSeed, zoneIdOf } from '@signpost/core'
import { type NodeEventTarget, silentLogger } from '@signpost/node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DaemonClient } from './daemon-client.ts'
import type { Flush } from './flushes.ts'
import type { GuardChange } from './guards.ts'
import type { PinChange } from './pins.ts'
import { Listeners } from './listeners.ts'
import { hearNews, newsRoute } from './news.ts'
import { type DaemonServer, serve } from './server.ts'
import { socketPathOf } from './socket-path.ts'
import { MAX_UNREAD, PROTOCOL_VERSION, VERSION_HEADER } from './transport.ts'

const [first, second] = [1, 2].map(seed =>
  zoneIdOf(signerFromSeed(new Uint8Array(32).fill(seed)).publicKey),
) as [ZoneId, ZoneId]

let dataDir: string
let node: EventTarget
let server: DaemonServer | undefined
let stop: AbortController
let heard: string[]
let flushes: Listeners<Flush>
let petnames: Listeners<void>
let guards: Listeners<GuardChange>
let pins: Listeners<PinChange>
let onHeard: (() => void) | undefined
const warnings: string[] = []

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'signpost-news-'))
  node = new EventTarget()
  flushes = new Listeners()
  petnames = new Listeners()
  guards = new Listeners()
  pins = new Listeners()
  stop = new AbortController()
  heard = []
  warnings.length = 0
})

afterEach(async () => {
  stop.abort()
  await server?.stop()
  server = undefined
  await rm(dataDir, { recursive: true })
})

async function start(): Promise<void> {
  const routes = new Map([['news', newsRoute(node as NodeEventTarget, { flushes, petnames, guards, pins })]])
  server = await serve({ path: socketPathOf(dataDir), routes })
}

function learn(zoneId: ZoneId): void {
  node.dispatchEvent(new CustomEvent('record', { detail: { record: { zoneId }, peer: undefined } }))
}

function note(what: string): void {
  heard.push(what)
  onHeard?.()
}

function hear(): ReturnType<typeof hearNews> {
  return hearNews(
    new DaemonClient({ path: socketPathOf(dataDir), dataDir }),
    {
      missed: () => note('missed'),
      news: note,
      flush: flush => note(JSON.stringify(flush)),
      petnames: () => note('petnames'),
      guards: change => note(JSON.stringify(change)),
      pins: change => note(JSON.stringify(change)),
    },
    {
      signal: stop.signal,
      logger: { ...silentLogger, warn: (_message, fields) => warnings.push(String(fields?.['problem'])) },
    },
  )
}

async function untilHeard(count: number): Promise<void> {
  while (heard.length < count) await new Promise<void>(resolve => (onHeard = resolve))
}

test('each version that the node learns of is named, from the start of the call', async () => {
  await start()
  await hear().started
  learn(first)
  learn(second)
  learn(first)
  await untilHeard(4)
  expect(heard).toEqual(['missed', first, second, first])
})

test('what the user wants flushed, and what changes of petnames, guards and pins, is passed on to whoever listens', async () => {
  await start()
  const { started, ended } = hear()
  await started
  expect(flushes.tell({ below: false })).toBe(1)
  expect(flushes.tell({ name: 'www.example.', below: true })).toBe(1)
  petnames.tell()
  guards.tell({ kind: 'patterns' })
  guards.tell({ kind: 'accepted', name: 'www.example.' })
  pins.tell({ kind: 'own' })
  pins.tell({ kind: 'forgotten', domain: 'example.com' })
  await untilHeard(8)
  expect(heard).toEqual([
    'missed',
    '{"below":false}',
    '{"name":"www.example.","below":true}',
    'petnames',
    '{"kind":"patterns"}',
    '{"kind":"accepted","name":"www.example."}',
    '{"kind":"own"}',
    '{"kind":"forgotten","domain":"example.com"}',
  ])
  stop.abort()
  await ended
  while (flushes.tell({ below: false }) > 0) await new Promise(setImmediate)
})

test('a daemon that comes back is listened to again, and what was said meanwhile counts as missed', async () => {
  await start()
  await hear().started
  await server?.stop()
  learn(first)
  await start()
  await untilHeard(2)
  learn(second)
  await untilHeard(3)
  expect(heard).toEqual(['missed', 'missed', second])
  expect(warnings).toHaveLength(1)
})

test('a daemon that does not answer keeps nobody waiting', async () => {
  await hear().started
  expect(heard).toEqual([])
  expect(warnings).toEqual([expect.stringContaining('no signpost daemon runs')])
})

test('a caller that reads nothing does not fill the memory of the daemon', async () => {
  await start()
  const response = await new Promise<IncomingMessage>(resolve => {
    const call = request({
      socketPath: socketPathOf(dataDir),
      path: '/news',
      method: 'POST',
      headers: { [VERSION_HEADER]: PROTOCOL_VERSION },
    })
    call.end('{}')
    call.once('response', resolve)
  })
  response.pause()
  const hungUp = once(response, 'aborted')
  response.on('error', () => undefined)
  const line = `${JSON.stringify({ progress: { zoneId: first } })}\n`
  for (let lines = 0; lines < (4 * MAX_UNREAD) / line.length; lines++) learn(first)
  response.resume()
  await hungUp
  expect(response.complete).toBe(false)
})

test('who listens no longer is told nothing, and the node forgets it', async () => {
  await start()
  const { started, ended } = hear()
  await started
  stop.abort()
  await ended
  await server?.stop()
  learn(first)
  expect(heard).toEqual(['missed'])
  expect(warnings).toEqual([])
})
