import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type SignedRecord, type ZoneId, decodeRecord } from '@signpost/core'
import { openDataDirectory } from '../../packages/node/src/store/data-directory.ts'
import { openLevelStore } from '../../packages/node/src/store/level-store.ts'
import { MemoryStore } from '../../packages/node/src/store/memory-store.ts'
import type { Store } from '../../packages/node/src/store/store.ts'
import { median, printAims, printTable } from './measure.ts'
import { heapUsed, sizeOf } from './octets.ts'
import { signSmallZone } from './small-zone.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MEGABYTE = 1e6
const READINGS = 5
/** Milliseconds between readings. */
const PAUSE = 4_000
const RECORDS = 10_000

/** What a node takes that has nothing to do, and what each record in its store adds. */
export async function benchMemory(): Promise<void> {
  await benchIdleNode()
  await benchStoredRecords()
}

/** The command as it is built and shipped, with a data directory, alone in its network. */
async function benchIdleNode(): Promise<void> {
  if (process.platform !== 'linux')
    return console.log('\nMemory of an idle node: left out, since it is read from /proc')
  const build = spawnSync('node_modules/.bin/tsc', ['-b', 'packages/cli'], { cwd: ROOT, encoding: 'utf8' })
  if (build.status !== 0) throw new Error(`the command cannot be built: ${build.stdout}`)
  const data = await mkdtemp(join(tmpdir(), 'signpost-memory-'))
  const place = [
    '--network',
    'private:bench',
    '--listen',
    '/ip4/127.0.0.1/tcp/0',
    '--data',
    data,
    '--log-level',
    'warn',
  ]
  const child = spawn(process.execPath, ['packages/cli/dist/bin.js', 'node', ...place, '--json'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const readings: { readonly rss: number; readonly peak: number }[] = []
  try {
    await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
    for (let at = 0; at < READINGS; at++) {
      await sleep(PAUSE)
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
      readings.push({ rss: octetsOf(status, 'VmRSS'), peak: octetsOf(status, 'VmHWM') })
    }
  } finally {
    child.kill('SIGTERM')
    await ended
    await rm(data, { recursive: true })
  }
  const rss = readings.map(reading => reading.rss / MEGABYTE)
  printTable(
    `Memory of an idle node with a data directory, read ${READINGS} times, ${PAUSE / 1000} s apart`,
    [
      { what: 'resident', unit: 'MB', runs: rss, better: 'lower' },
      { what: 'at its peak', unit: 'MB', runs: readings.map(({ peak }) => peak / MEGABYTE), better: 'lower' },
    ],
  )
  printAims([{ what: 'resident', value: median(rss), unit: 'MB', under: 120 }])
}

function octetsOf(status: string, field: string): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  if (kibibytes === undefined) throw new Error(`/proc has no ${field}`)
  return Number(kibibytes) * 1024
}

async function benchStoredRecords(): Promise<void> {
  const signed: SignedRecord[] = []
  for (let zone = 0; zone < RECORDS; zone++) signed.push(await signSmallZone(zone, Date.now()))
  const size = signed.reduce((sum, { bytes }) => sum + bytes.length, 0) / RECORDS
  console.log(`\nThe store of a node with ${RECORDS} records of ${Math.round(size)} octets`)
  const path = await mkdtemp(join(tmpdir(), 'signpost-memory-'))
  try {
    const directory = await openDataDirectory(path)
    await fill(await openLevelStore(directory), signed)
    await directory.close()
    // Opening it again writes what is in the log into a table.
    await (await openDataDirectory(path)).close()
    report('on disk', await sizeOf(path))
    const before = heapUsed()
    const again = await openDataDirectory(path)
    const store = await openLevelStore(again)
    report('in memory beside it, after a start', heapUsed() - before)
    for (const { zoneId } of signed) await store.get(zoneId)
    report('in memory beside it, after all were asked for', heapUsed() - before)
    await again.close()
  } finally {
    await rm(path, { recursive: true })
  }
  const before = heapUsed()
  const store = new MemoryStore()
  await fill(store, signed)
  report('in memory alone, without a data directory', heapUsed() - before)
  // Used once more, so that it is not garbage before it is measured.
  await store.ownZones()
}

async function fill(store: Store, signed: readonly SignedRecord[]): Promise<void> {
  for (const { zoneId, bytes } of signed) {
    // What comes from the network shares no octet and no string with anything.
    const name = JSON.parse(JSON.stringify(zoneId)) as ZoneId
    await store.put(decodeRecord(name, Uint8Array.from(bytes)), { receivedAt: Date.now() })
  }
}

function report(what: string, octets: number): void {
  console.log(`  ${what.padEnd(46)} ${String(Math.round(octets / RECORDS)).padStart(5)} octets a record`)
}
