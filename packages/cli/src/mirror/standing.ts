import { type SignedRecord, type ZoneId, zoneIn } from '@signpost/core'
import type { ZoneClient } from '@signpost/node'
import type { Standing } from '../collecting/keep-current.ts'

/** What was published last: from here, or, where nothing was, from elsewhere. */
export async function standingOf(client: ZoneClient, zoneId: ZoneId, signal: AbortSignal): Promise<Standing> {
  const here = readStanding((await client.history(zoneId)).at(-1)?.record)
  if (here.kind !== 'none') return here
  const outcome = await client.resolve(zoneId, { policy: 'network-first', signal })
  return readStanding(outcome.kind === 'found' || outcome.kind === 'expired' ? outcome.record : undefined)
}

function readStanding(record: SignedRecord | undefined): Standing {
  if (record?.content.kind === 'retired') return { kind: 'retired' }
  const zone = zoneIn(record)
  if (record === undefined || zone === undefined) return { kind: 'none' }
  return { kind: 'zone', zone, sequence: record.sequence, expiresAt: record.expiresAt }
}
