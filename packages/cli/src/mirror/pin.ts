import { type ZoneId, zoneIdFromText } from '@signpost/core'
import { type Name, type ResourceRecord, RrType, parseName } from '@signpost/dns'
import { PIN_LABEL } from './place.ts'

/** Seconds. */
const PIN_TTL = 3600

/** What the domain says by now about whose zone speaks for it. */
export type PinState =
  | { readonly kind: 'right' | 'absent' }
  /** It names others, besides or instead. */
  | { readonly kind: 'other'; readonly texts: readonly string[] }
  | { readonly kind: 'unknown'; readonly reason: string }

export function pinName(domain: Name): Name {
  return parseName(PIN_LABEL, domain)
}

/** The record by which gateways learn whose zone speaks for a domain, as a zone file has it. */
export function pinRecord(domain: Name, zoneId: ZoneId): string {
  return `${pinName(domain).toString()} ${PIN_TTL} IN TXT "zone=${zoneId}"`
}

/** @param records those at the name of the pin. */
export function pinStateOf(records: readonly ResourceRecord[], name: Name, zoneId: ZoneId): PinState {
  const texts = records
    .filter(record => record.type === RrType.TXT && record.name.equals(name))
    .flatMap(({ rdata }) => (rdata.kind === 'TXT' ? [Buffer.concat(rdata.strings).toString('latin1')] : []))
    .filter(text => /^\s*zone=/i.test(text))
  if (texts.length === 0) return { kind: 'absent' }
  const others = texts.filter(text => zoneIdFromText(text.trim().slice('zone='.length).trim()) !== zoneId)
  return others.length === 0 ? { kind: 'right' } : { kind: 'other', texts: others }
}
