import { type ZoneId, zoneIdFromText } from '@signpost/core'
import { KeyNotFoundError } from './keys/errors.ts'
import { isKeyName } from './keys/key-name.ts'
import { UsageError } from './errors.ts'
import { petnameBook } from './node-access.ts'
import type { Run } from './run.ts'

/** What {@link zoneNamed} reads, as help texts have it. */
export const WHICH_ZONE = 'the zone ID, the name of its key, or its petname'

/**
 * The zone that an argument names: by its zone ID, by the name of a key in the data directory, or by a petname.
 * Of a key and a petname that are alike the key counts.
 * @throws UsageError, KeyNotFoundError
 */
export async function zoneNamed(run: Run<unknown>, text: string): Promise<ZoneId> {
  const zoneId = zoneIdFromText(text)
  if (zoneId !== undefined) return zoneId
  if (!isKeyName(text))
    throw new UsageError(`"${text}" is neither a zone ID (k51…) nor the name of a key, nor a petname`)
  const { keys } = run
  const entry = await keys.entry(text).catch(async (error: unknown) => {
    const known = (await (await petnameBook(run)).list()).get(text.toLowerCase())
    if (known !== undefined) return { zoneId: known }
    throw error
  })
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
