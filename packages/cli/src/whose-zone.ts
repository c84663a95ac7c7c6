import { type ZoneId, zoneIdFromText } from '@signpost/core'
import { KeyNotFoundError } from './keys/errors.ts'
import { isKeyName } from './keys/key-name.ts'
import { UsageError } from './errors.ts'
import type { Run } from './run.ts'

/** What {@link zoneNamed} reads, as help texts have it. */
export const WHICH_ZONE = 'the zone ID, or the name of its key'

/** The zone that an argument names: by its zone ID, or by the name of a key in the data directory. @throws UsageError */
export async function zoneNamed({ keys }: Run<unknown>, text: string): Promise<ZoneId> {
  const zoneId = zoneIdFromText(text)
  if (zoneId !== undefined) return zoneId
  if (!isKeyName(text)) throw new UsageError(`"${text}" is neither a zone ID (k51…) nor the name of a key`)
  const entry = await keys.entry(text)
  if (entry.zoneId !== undefined) return entry.zoneId
  throw new UsageError(
    `the zone ID of the key "${text}" is not known before it is opened; name the zone by its ID`,
  )
}

/** The name of the key whose zone an argument names. @throws KeyNotFoundError */
export async function keyNamed({ keys }: Run<unknown>, text: string): Promise<string> {
  const zoneId = zoneIdFromText(text)
  if (zoneId === undefined) return (await keys.entry(text)).name
  const known = await keys.list()
  const own = known.find(entry => entry.zoneId === zoneId)
  if (own !== undefined) return own.name
  throw new KeyNotFoundError(
    text,
    known.map(({ name }) => name),
  )
}
