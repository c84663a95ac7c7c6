import { type ZoneId, zoneIdFromText } from '@signpost/core'
import type { Name, ResourceRecord } from '@signpost/dns'

/** What a TXT set at `_signpost` says. `unclear`: several zones, or something that is no zone ID. */
export type PinWord =
  | { readonly kind: 'none' }
  | { readonly kind: 'zone'; readonly zoneId: ZoneId }
  | { readonly kind: 'unclear'; readonly problem: string }

const LABEL = new TextEncoder().encode('_signpost')
const PIN = /^zone=(.*)$/is

/** Where a domain, or a zone at its apex, says which zone is its owner's. @throws InvalidNameError where that is too long. */
export function pinNameOf(domain: Name): Name {
  return domain.prepend(LABEL)
}

/** Reads `zone=k51…`; other TXT records beside it are somebody else's matter. */
export function readPinWord(records: readonly ResourceRecord[]): PinWord {
  const values = new Set(records.flatMap(valueIn))
  const [text, other] = values
  if (text === undefined) return { kind: 'none' }
  if (other !== undefined) return { kind: 'unclear', problem: `it names ${values.size} zones` }
  const zoneId = zoneIdFromText(text)
  return zoneId === undefined
    ? { kind: 'unclear', problem: 'what it names is no zone ID' }
    : { kind: 'zone', zoneId }
}

function valueIn({ rdata }: ResourceRecord): string[] {
  if (rdata.kind !== 'TXT') return []
  const [, value] = PIN.exec(Buffer.concat(rdata.strings).toString('latin1')) ?? []
  return value === undefined ? [] : [value.trim().toLowerCase()]
}
