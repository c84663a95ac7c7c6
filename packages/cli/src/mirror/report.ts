import { type Zone, type ZoneId, relativeName, zoneRecords } from '@signpost/core'
import { type Name, type ResourceRecord, printRrType, rdataOctets } from '@signpost/dns'
import { printFailure } from '../collecting/ask-names.ts'
import type { Held, HoldReason } from '../collecting/judgement.ts'
import { printDuration } from '../values/duration.ts'
import { sizeOfZone } from '../zone/zone-size.ts'
import { zoneWarnings } from '../zone/zone-warnings.ts'
import type { LeftOut } from './gathering.ts'
import type { Mirror } from './mirror-zone.ts'
import { type PinState, pinName, pinRecord } from './pin.ts'
import { WHY_LEFT_OUT, topLabel } from './place.ts'
import type { Records } from './source.ts'

/** `left out: 3 records (@ SOA, www RRSIG, …): why`, a line for each reason. */
export function linesOfLeftOut(leftOut: readonly LeftOut[], domain: Name): string[] {
  return leftOut.map(({ reason, count, examples }) => {
    const named = [
      ...new Set(examples.map(({ name, type }) => `${shortName(name, domain)} ${printRrType(type)}`)),
    ]
    const more = count > examples.length ? ', …' : ''
    return `left out: ${counted(count, 'record')} (${named.join(', ')}${more}): ${WHY_LEFT_OUT[reason]}`
  })
}

export function jsonOfLeftOut(leftOut: readonly LeftOut[]): object[] {
  return leftOut.map(({ reason, count, examples }) => ({
    reason,
    count,
    examples: examples.map(({ name, type }) => `${name.toString()} ${printRrType(type)}`),
  }))
}

/** What the owner should know of the zone, a line each. @param privateAddressIn as the gateway has it. */
export function warningsOf(
  zone: Zone,
  { delegated, uneven }: Pick<Mirror, 'delegated' | 'uneven'>,
  { questions }: Pick<Records, 'questions'>,
  domain: Name,
  privateAddressIn: (records: readonly ResourceRecord[]) => string | undefined,
): string[] {
  const short = (name: Name): string => shortName(name, domain)
  const failures = questions?.failures.map(failure => `no answer to ${printFailure(failure, short)}`) ?? []
  const skipped =
    questions?.skipped.map(name => `${short(name)} was not asked for: there are too many names`) ?? []
  return [
    ...failures,
    ...skipped,
    ...privateAddresses(zone, privateAddressIn),
    ...delegated.map(
      name =>
        `${short(name)} is delegated to ordinary name servers, which know nothing of this zone: give its names a key of ` +
        `their own (signpost mirror ${plainName(name)} --key …), and add --delegate ${short(name)}=THAT-KEY here`,
    ),
    ...uneven.map(
      ({ name, type }) =>
        `${short(name)} ${printRrType(type)}: its records have different TTLs; the least counts`,
    ),
    ...zoneWarnings(zone, sizeOfZone(zone)),
  ]
}

function privateAddresses(
  zone: Zone,
  privateAddressIn: (records: readonly ResourceRecord[]) => string | undefined,
): string[] {
  return zoneRecords(zone).flatMap(record => {
    const address = privateAddressIn([record])
    const where = `${relativeName(record.name, zone.apex)} ${printRrType(record.type)}`
    return address === undefined
      ? []
      : [
          `${where}: ${address} is a private address; the zone is public, and gateways do not lead strangers to it`,
        ]
  })
}

/** Said of a zone that has nothing but names that were asked for. */
export const ONLY_THESE_NAMES: string =
  'only the names that were asked for are in the zone: in an outage, gateways that know it say that there are no others. ' +
  'Give all of them, or use --from or --file.'

/** Labels that take the most room, so many. */
const LARGEST = 5

/** The labels of a zone that take the most room, with the octets of their records, about. */
export function largestLabels(zone: Zone): { label: string; octets: number }[] {
  const sizes = new Map<string, number>()
  for (const { name, type, rdata } of zoneRecords(zone)) {
    const label = topLabel(name, zone.apex)
    // Ten octets of type, class, TTL and length; names are compressed to next to nothing.
    if (label !== undefined) sizes.set(label, (sizes.get(label) ?? 0) + 12 + rdataOctets(type, rdata).length)
  }
  return [...sizes]
    .map(([label, octets]) => ({ label, octets }))
    .sort((a, b) => b.octets - a.octets)
    .slice(0, LARGEST)
}

/** What to do with a zone that does not fit, a line each. */
export function stepsToDivide(zone: Zone, domain: Name, zoneArguments: string): string[] {
  const largest = largestLabels(zone)
  const [first] = largest
  if (first === undefined) return []
  const { label } = first
  const key = `KEY-OF-${label.toUpperCase()}`
  return [
    `Hand labels to further keys. The largest: ${largest.map(each => `${each.label} (about ${each.octets} octets)`).join(', ')}.`,
    'For each of them:',
    `  signpost key new ${key}`,
    `  signpost mirror ${label}.${plainName(domain)} --key ${key} ${zoneArguments}`,
    `and add to this command: --delegate ${label}=${key}`,
  ]
}

/** About the record that the owner has to add. */
export function linesOfPin(state: PinState, domain: Name, zoneId: ZoneId): string[] {
  const name = plainName(pinName(domain))
  const record = pinRecord(domain, zoneId)
  switch (state.kind) {
    case 'right':
      return [`pin       ${name} names this zone already`]
    case 'absent':
      return ['', `Add this to ${plainName(domain)}, so that gateways know whose zone speaks for it:`, record]
    case 'other':
      return [
        '',
        `${name} names another zone (${state.texts.join(', ')}). Gateways that know it go on with that one until`,
        'they see a signed change. Where this zone is meant, put in its place:',
        record,
      ]
    case 'unknown':
      return ['', `Whether ${plainName(domain)} has this record is not known (${state.reason}):`, record]
  }
}

const WHY_HELD: Readonly<Record<HoldReason, string>> = {
  gone: 'it is gone',
  shrunk: 'more than half of its records are gone',
  unknown: 'its question got no answer',
  half: 'more than half of the zone would go',
  older: 'the server went back to an older version of the zone',
  empty: 'nothing would be left, and an empty zone is never published',
  unfit: 'what is new and what is held make no zone together',
}

/** `www A: it is gone, seen for 15m of 6h` */
export function printHeld({ why, set, doubt }: Held, apex: Name, patience: number): string {
  const what = set === undefined ? 'the zone' : `${relativeName(set.name, apex)} ${printRrType(set.type)}`
  const seen = doubt && `, seen for ${printDuration(doubt.stood)} of ${printDuration(patience)}`
  return `${what}: ${WHY_HELD[why]}${seen ?? ''}`
}

function shortName(name: Name, domain: Name): string {
  return relativeName(name, domain)
}

/** Without the final dot. */
export function plainName(name: Name): string {
  return name.isRoot ? '.' : name.toString().slice(0, -1)
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
