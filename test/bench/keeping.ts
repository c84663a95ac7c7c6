import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SignedRecord, ZoneId } from '@signpost/core'
import { createNodeVerifier } from '@signpost/node'
import { GuardedDatastore } from '../../packages/node/src/dht/guarded-datastore.ts'
import { KeptLedger } from '../../packages/node/src/dht/kept-ledger.ts'
import { openDataDirectory } from '../../packages/node/src/store/data-directory.ts'
import { heapUsed, sizeOf } from './octets.ts'
import { signSmallZone } from './small-zone.ts'

const ZONES = 5_000
const NOW = Date.now()

/** What the DHT keeps for others: octets on disk and in memory for each record, and puts a second, also under a flood. */
export async function benchKeeping(): Promise<void> {
  const records: SignedRecord[] = []
  for (let zone = 0; zone < ZONES; zone++) records.push(await signSmallZone(zone, NOW))
  const [first] = records
  if (first === undefined) return
  console.log(`\nThe DHT's records of ${ZONES} zones, ${first.bytes.length} octets each`)
  const path = await mkdtemp(join(tmpdir(), 'signpost-keeping-'))
  try {
    const directory = await openDataDirectory(path)
    const datastore = directory.datastore('libp2p')
    const guard = new GuardedDatastore(datastore, {
      prefix: '/dht',
      verifier: createNodeVerifier(),
      now: () => NOW,
    })
    await timed('new zones', records.length, async at => put(guard, records[at], `source ${at % 20}`))
    await timed('the same again', records.length, async at => put(guard, records[at], `source ${at % 20}`))
    await directory.close()
    // Opening it again writes what is in the log into a table.
    await (await openDataDirectory(path)).close()
    const octets = await sizeOf(path)
    console.log(`  on disk            ${Math.round(octets / ZONES)} octets a record`)
    console.log(`  in memory          ${Math.round(ledgerSize(records) / ZONES)} octets a record`)
  } finally {
    await rm(path, { recursive: true })
  }
  await floods(records)
}

/** Half of the room is taken by honest sources; then others come, from a few places and from very many. */
async function floods(records: readonly SignedRecord[]): Promise<void> {
  const half = ZONES / 2
  for (const sources of [10, half / 2]) {
    const path = await mkdtemp(join(tmpdir(), 'signpost-keeping-'))
    try {
      const directory = await openDataDirectory(path)
      const guard = new GuardedDatastore(directory.datastore('libp2p'), {
        prefix: '/dht',
        verifier: createNodeVerifier(),
        now: () => NOW,
        keep: { zones: half },
      })
      const honest = half / 2
      for (let at = 0; at < honest; at++) await put(guard, records[at], `honest ${at % 500}`)
      await timed(`a flood from ${sources} sources`, ZONES - honest, async at =>
        put(guard, records[honest + at], `flood ${at % sources}`),
      )
      let left = 0
      for (let at = 0; at < honest; at++)
        if ((await guard.held((records[at] as SignedRecord).zoneId)) !== undefined) left++
      console.log(`  honest zones left  ${left} of ${honest}`)
      await directory.close()
    } finally {
      await rm(path, { recursive: true })
    }
  }
}

async function put(guard: GuardedDatastore, record: SignedRecord | undefined, source: string): Promise<void> {
  if (record === undefined) return
  try {
    await guard.offer(record.zoneId, record.bytes, source)
  } catch {
    // Refused, which takes its time too.
  }
}

async function timed(what: string, count: number, run: (at: number) => Promise<void>): Promise<void> {
  const start = performance.now()
  for (let at = 0; at < count; at++) await run(at)
  const seconds = (performance.now() - start) / 1000
  console.log(`  ${what.padEnd(18)} ${Math.round(count / seconds)} puts a second`)
}

/** Octets that a node has in memory of so many records. */
function ledgerSize(records: readonly SignedRecord[]): number {
  const limits = { zones: ZONES, octets: Infinity, share: 1 }
  const before = heapUsed()
  const ledgers = Array.from({ length: 20 }, () => {
    const ledger = new KeptLedger([], limits, () => false)
    // What comes from disk and from the network is a string of its own for each.
    for (const [at, { zoneId, bytes, sequence, expiresAt }] of records.entries())
      ledger.admit(JSON.parse(JSON.stringify(zoneId)) as ZoneId, {
        source: `source ${at % 20}`,
        shared: false,
        octets: bytes.length,
        receivedAt: NOW + at,
        expiresAt,
        sequence,
        horizon: expiresAt,
      })
    return ledger
  })
  return (heapUsed() - before) / ledgers.length
}
