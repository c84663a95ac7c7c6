import { type Zone, type ZoneId, zoneIn, zoneOf } from '@signpost/core'
import type { PastRecord, ResolvePolicy, ZoneClient } from '@signpost/node'
import { NameNotFoundError, NobodyAskedError } from '../errors.ts'
import { inputName, readInput } from '../input-file.ts'
import type { Run } from '../run.ts'
import { zoneOfText } from './zone-text.ts'

/** One version of a zone, and where it is from. */
export type Version =
  | {
      readonly kind: 'past' | 'base' | 'stands'
      readonly sequence: number
      /** Undefined where it was retired, or has none. */
      readonly zone: Zone | undefined
    }
  | { readonly kind: 'file'; readonly file: string; readonly zone: Zone }

/** @throws NotInHistoryError (NOT_IN_HISTORY) for a zone that was never published here. */
export async function pastOf(client: ZoneClient, zoneId: ZoneId): Promise<readonly PastRecord[]> {
  const { NotInHistoryError } = await import('@signpost/node')
  const past = await client.history(zoneId)
  if (past.length === 0) throw new NotInHistoryError(zoneId, 0, [])
  return past
}

/**
 * @param text a sequence, a zone file, `base` for what was published here last, `stands` for what stands by now.
 * @throws NotInHistoryError, NameNotFoundError, NobodyAskedError, InvalidZoneFileError
 */
export async function loadVersion(
  run: Run<{ readonly policy: ResolvePolicy }>,
  client: ZoneClient,
  zoneId: ZoneId,
  text: string,
): Promise<Version> {
  if (text === 'stands') return standing(run, client, zoneId)
  if (text === 'base') return base(client, zoneId)
  if (!/^\d+$/.test(text)) {
    const content = Buffer.from(await readInput(text, run.terminal.streams)).toString()
    const file = inputName(text)
    return { kind: 'file', file, zone: zoneOfText(content, file, zoneId) }
  }
  const { pastRecord } = await import('@signpost/node')
  const { record } = pastRecord(zoneId, await client.history(zoneId), Number(text))
  return { kind: 'past', sequence: record.sequence, zone: zoneOf(record) }
}

// As its publisher had it in the zone file: what a rebase has added is what was changed elsewhere.
async function base(client: ZoneClient, zoneId: ZoneId): Promise<Version> {
  const past = await pastOf(client, zoneId)
  const last = past.findLast(({ publishedHere }) => publishedHere)
  return {
    kind: 'base',
    sequence: last?.record.sequence ?? 0,
    zone: last?.draft ?? zoneIn(last?.record),
  }
}

async function standing(
  { flags, stop }: Run<{ readonly policy: ResolvePolicy }>,
  client: ZoneClient,
  zoneId: ZoneId,
): Promise<Version> {
  const outcome = await client.resolve(zoneId, { policy: flags.policy, signal: stop })
  if (outcome.kind === 'invalid') throw outcome.error
  if (outcome.kind === 'absent')
    throw outcome.provenance.asked === 0
      ? new NobodyAskedError(zoneId)
      : new NameNotFoundError(`no record of ${zoneId} was found; that proves nothing`)
  const { record } = outcome
  return { kind: 'stands', sequence: record.sequence, zone: zoneOf(record) }
}

/** For people. */
export function nameOfVersion(version: Version): string {
  switch (version.kind) {
    case 'file':
      return version.file
    case 'past':
      return `sequence ${version.sequence}`
    case 'base':
      return `sequence ${version.sequence} as it was published here`
    case 'stands':
      return `sequence ${version.sequence}, which stands`
  }
}

/** For programs. */
export function jsonVersion(version: Version): object {
  if (version.kind === 'file') return { kind: version.kind, file: version.file }
  return { kind: version.kind, sequence: version.sequence }
}
