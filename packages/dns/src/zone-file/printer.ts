import type { Name } from '../name.ts'
import type { NamePrinter } from '../rdata/codec.ts'
import { printRdata } from '../rdata/presentation.ts'
import type { ResourceRecord } from '../record.ts'
import { printRrClass, printRrType } from '../rr-type.ts'

/** One line with absolute names: `www.example. 300 IN A 192.0.2.1`. @throws InvalidRdataError for no rdata of the type */
export function printRecord(record: ResourceRecord): string {
  const { name, ttl, type, rdata } = record
  return [name, ttl, printRrClass(record.class), printRrType(type), printRdata(type, rdata)].join(' ')
}

/** Owner names up to this many characters are padded to one width; a longer one moves only its own line. */
const WIDEST_COLUMN = 32

/**
 * Writes records as a zone file in the order given; what `parseZoneFile` reads back from it is the same records, where
 * they are of class IN. With an origin, names below it are relative, and the TTL that most records have is $TTL.
 * @throws InvalidRdataError where the rdata is of another type than its record.
 */
export function printZoneFile(
  records: Iterable<ResourceRecord>,
  options: { readonly origin?: Name | undefined } = {},
): string {
  const list = [...records]
  const { origin } = options
  const printName = origin === undefined ? String : relativeTo(origin)
  const defaultTtl = origin === undefined ? undefined : mostCommonTtl(list)
  const rows = list.map((record, at) => [
    isSameOwner(record, list[at - 1]) ? '' : printName(record.name),
    record.ttl === defaultTtl ? '' : String(record.ttl),
    printRrClass(record.class),
    printRrType(record.type),
  ])
  const widths = [0, 1, 2, 3].map(column => widthOf(rows.map(row => row[column] ?? '')))
  const ttlShown = rows.some(row => row[1] !== '')
  const lines = list.map((record, at) => {
    const cells = (rows[at] ?? []).map((cell, column) => cell.padEnd(widths[column] ?? 0))
    if (!ttlShown) cells.splice(1, 1)
    return `${cells.join(' ')} ${printRdata(record.type, record.rdata, printName)}`
  })
  if (origin !== undefined) lines.unshift(`$ORIGIN ${origin.toString()}`)
  if (defaultTtl !== undefined) lines.splice(1, 0, `$TTL ${defaultTtl}`)
  return lines.map(line => `${line}\n`).join('')
}

/** Exactly the same octets: letters of a name keep their case. */
function isSameOwner(record: ResourceRecord, before: ResourceRecord | undefined): boolean {
  return before !== undefined && isSuffix(record.name.wire, before.name.wire, 0)
}

function isSuffix(wire: Uint8Array, suffix: Uint8Array, start: number): boolean {
  return wire.length === start + suffix.length && suffix.every((value, at) => wire[start + at] === value)
}

/** Leaves the origin off a name where its letters are those of the origin, so that reading gives them back. */
function relativeTo(origin: Name): NamePrinter {
  const suffix = origin.isRoot ? '.' : `.${origin.toString()}`
  return name => {
    const text = name.toString()
    const start = name.wire.length - origin.wire.length
    if (!name.isAtOrBelow(origin) || !isSuffix(name.wire, origin.wire, start)) return text
    return start === 0 ? '@' : text.slice(0, text.length - suffix.length)
  }
}

function mostCommonTtl(records: readonly ResourceRecord[]): number | undefined {
  const counts = new Map<number, number>()
  for (const { ttl } of records) counts.set(ttl, (counts.get(ttl) ?? 0) + 1)
  let best: number | undefined
  for (const [ttl, count] of counts) if (count > (counts.get(best ?? -1) ?? 0)) best = ttl
  return best
}

function widthOf(cells: readonly string[]): number {
  return cells.reduce(
    (width, cell) => (cell.length > WIDEST_COLUMN ? width : Math.max(width, cell.length)),
    0,
  )
}
