import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PublishedZones } from '../../gateway/src/zones.test-support.ts'
import { GuardStore } from './guards/guard-store.ts'
import { PetnameStore } from './petnames/petname-store.ts'
import { PinStore } from './pins/pin-store.ts'
import { type GatewayWish, RunningGateway } from './running-gateway.ts'
import type { HostPort } from './values/host-port.ts'

let dataDir: string
let running: RunningGateway
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'signpost-running-'))
})
afterEach(async () => {
  await running[Symbol.asyncDispose]()
  await rm(dataDir, { recursive: true })
})

const ANY = { host: '127.0.0.1', port: 0 }
const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

async function freePort(): Promise<HostPort> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return { host: '127.0.0.1', port }
}

const wish = (metrics: HostPort, config: GatewayWish['config'] = {}): GatewayWish => ({
  flags: { dns: [ANY], metrics },
  config: { hosts: false, 'keep-answers': false, ...config },
})

const start = async (first: GatewayWish): Promise<void> => {
  const petnames = new PetnameStore(join(dataDir, 'petnames'))
  running = await RunningGateway.start(
    {
      resolver: new PublishedZones(),
      trustsZone: () => false,
      petnames,
      guards: new GuardStore(join(dataDir, 'guards')),
      pins: new PinStore(join(dataDir, 'pins')),
      dataDir,
      logger,
    },
    first,
  )
}

const isServed = async ({ host, port }: HostPort): Promise<boolean> =>
  fetch(`http://${host}:${port}/metrics`).then(
    ({ ok }) => ok,
    () => false,
  )

test('metrics stay where they are when a reload fails, and move with one that does not', async () => {
  const [here, there] = [await freePort(), await freePort()]
  await start(wish(here))
  const served = async (): Promise<boolean[]> => Promise.all([here, there].map(isServed))
  const bad: GatewayWish['config'][] = [{ rebinding: { exceptions: ['..'] } }, { 'query-log': dataDir }]
  for (const config of bad) {
    await expect(running.reload(wish(there, config))).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    expect(await served()).toEqual([true, false])
  }
  await running.reload(wish(here))
  expect(await served()).toEqual([true, false])
  await running.reload(wish(there))
  expect(await served()).toEqual([false, true])
})

test('metrics at a port that the system chose stay there over reloads', async () => {
  await start(wish(ANY))
  const at = running.metricsAddress
  await running.reload(wish(ANY))
  await running.reload(wish(at!))
  expect(running.metricsAddress).toEqual(at)
})
