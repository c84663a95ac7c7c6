import { MAX_RECORD_LENGTH, type SignedRecord, type Verdict, zoneOf, zoneRecords } from '@signpost/core'
import { SignpostError, printRdata, printRrType } from '@signpost/dns'
import { printDuration } from './values/duration.ts'
import { printSize } from './zone/zone-size.ts'

/** What a signed record says about itself, as lines for people. */
export function describeRecord(record: SignedRecord, verdict: Verdict, now: number = Date.now()): string[] {
  const left = record.expiresAt - now
  const remaining = left < 0 ? `over for ${printDuration(-left)}` : `${printDuration(left)} left`
  return [
    `zone ID   ${record.zoneId}`,
    `sequence  ${record.sequence}`,
    `signature ${signatureOf(verdict)}`,
    `valid     until ${record.validity} (${remaining})`,
    `TTL       ${record.ttl} s`,
    `size      ${printSize({ octets: record.bytes.length, limit: MAX_RECORD_LENGTH })}`,
    `previous  ${record.previous === undefined ? 'none named' : Buffer.from(record.previous).toString('hex')}`,
    `value     ${record.value}`,
    `content   ${contentOf(record)}`,
  ]
}

/** The same for programs, complete: octets in base64, hashes in hexadecimal. */
export function jsonRecord(record: SignedRecord, verdict: Verdict): object {
  return {
    zoneId: record.zoneId,
    sequence: record.sequence,
    signature: verdict.kind === 'invalid' ? 'invalid' : 'valid',
    expired: verdict.kind === 'expired',
    ...(verdict.kind === 'invalid' ? { problem: verdict.error.message } : {}),
    validUntil: record.validity,
    ttl: record.ttl,
    octets: record.bytes.length,
    limit: MAX_RECORD_LENGTH,
    previous: record.previous === undefined ? null : Buffer.from(record.previous).toString('hex'),
    value: record.value,
    content: record.content.kind,
    records: recordsIn(record),
    bytes: record.bytes,
  }
}

function signatureOf(verdict: Verdict): string {
  if (verdict.kind === 'invalid') return `bad: ${verdict.error.message}`
  return verdict.kind === 'expired' ? 'good, but expired' : 'good'
}

function contentOf(record: SignedRecord): string {
  if (record.content.kind === 'retired') return 'none: the owner has retired the zone'
  if (record.content.kind === 'none') return 'no zone'
  const { length } = recordsIn(record)
  return `a zone of ${length} records in ${record.content.octets.length} octets`
}

function recordsIn(record: SignedRecord): object[] {
  try {
    const zone = zoneOf(record)
    if (zone === undefined) return []
    return zoneRecords(zone).map(({ name, ttl, type, rdata }) => ({
      name: name.toString(),
      ttl,
      type: printRrType(type),
      data: printRdata(type, rdata),
    }))
  } catch (error) {
    // A zone that does not decode: the verdict says so already.
    if (error instanceof SignpostError) return []
    throw error
  }
}
