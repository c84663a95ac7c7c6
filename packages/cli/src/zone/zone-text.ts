import {
  InvalidZoneError,
  type Zone,
  type ZoneId,
  apexOf,
  createZone,
  relativeName,
  zoneIdOf,
  zoneIdOfName,
} from '@signpost/core'
import {
  type Name,
  type ResourceRecord,
  SignpostError,
  ZoneFileError,
  parseZoneFile,
  printRrType,
} from '@signpost/dns'

/** A zone file that cannot be published, with every reason that was found. */
export class InvalidZoneFileError extends SignpostError {
  readonly code = 'INVALID_ZONE'
  readonly file: string
  /** One or more, each with its line where that is known. */
  readonly problems: readonly string[]

  constructor(file: string, problems: readonly string[], options?: ErrorOptions) {
    super(problems.map(problem => `${file}: ${problem}`).join('\n'), options)
    this.file = file
    this.problems = problems
  }
}

// The public key of RFC 8032, section 7.1, test 1, whose secret everybody knows. Every zone ID has the same length, so
// a zone is as large under this key as under the one that will sign it.
const NOBODYS_KEY = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex')

/** The zone ID that stands in where a zone file is read before it is known whose it is. */
export const NOBODYS_ZONE: ZoneId = zoneIdOf(NOBODYS_KEY)

/**
 * Reads and checks the text of a zone file.
 * @param file names it in errors.
 * @param zoneId whose zone it is. Where undefined: the one zone that its owner names name, else nobody's.
 * @throws InvalidZoneFileError
 */
export function zoneOfText(text: string, file: string, zoneId?: ZoneId): Zone {
  const records = readRecords(text, file, zoneId ?? NOBODYS_ZONE)
  const id = zoneId ?? ownerZone(records) ?? NOBODYS_ZONE
  // Relative names in a file that turns out to name its zone belong to that zone too.
  const own = id === (zoneId ?? NOBODYS_ZONE) ? records : readRecords(text, file, id)
  return inFile(file, id, () => createZone(id, own))
}

/**
 * Checks records that are from elsewhere than a text.
 * @param source names it in errors.
 * @throws InvalidZoneFileError
 */
export function zoneOfRecords(records: readonly ResourceRecord[], source: string, zoneId: ZoneId): Zone {
  return inFile(source, zoneId, () => createZone(zoneId, records))
}

function readRecords(text: string, file: string, zoneId: ZoneId): ResourceRecord[] {
  return inFile(file, zoneId, () => parseZoneFile(text, { origin: apexOf(zoneId) }))
}

function inFile<T>(file: string, zoneId: ZoneId, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof SignpostError && (cause.code === 'INVALID_ZONE' || cause.code === 'EMPTY_ZONE'))
      throw new InvalidZoneFileError(file, problemsOf(cause, apexOf(zoneId)), { cause })
    throw cause
  }
}

function problemsOf(error: SignpostError, apex: Name): string[] {
  if (error instanceof ZoneFileError) return [error.message]
  if (!(error instanceof InvalidZoneError)) return [error.message]
  // Names as they stand in the file: whose zone it is may not even be known yet.
  return error.problems.map(
    ({ name, type, message }) => `${relativeName(name, apex)} ${printRrType(type)}: ${message}`,
  )
}

function ownerZone(records: readonly ResourceRecord[]): ZoneId | undefined {
  const owners = new Set(records.map(record => zoneIdOfName(record.name)))
  owners.delete(NOBODYS_ZONE)
  const [only, ...others] = owners
  return others.length === 0 ? only : undefined
}
