import { zoneIdFromText } from '@signpost/core'
import { UsageError } from '../errors.ts'
import { isPetname } from '../petnames/petname.ts'
import { readName } from './zone-name.ts'

/** Reads a petname, in Unicode too, and returns its form in DNS. @throws UsageError */
export function parsePetname(text: string): string {
  const petname = readName(text).toString().slice(0, -1).toLowerCase()
  if (!isPetname(petname))
    throw new UsageError(
      `${JSON.stringify(text)} is no petname; use one label of letters, digits and "-", such as alice`,
    )
  if (zoneIdFromText(petname) !== undefined)
    throw new UsageError('a zone ID cannot be the petname of a zone; use a short name, such as alice')
  return petname
}
