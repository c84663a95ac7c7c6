import { MAX_RECORD_LENGTH, RecordTooLargeError, type Zone } from '@signpost/core'
import type { Name } from '@signpost/dns'
import { RefusedPublicationError } from '../refusal.ts'
import { type Run, quoted } from '../run.ts'
import { printHostPort } from '../values/host-port.ts'
import { sizeOfZone } from '../zone/zone-size.ts'
import type { MirrorLook, Mirroring } from './mirroring.ts'
import { type PinState, pinName, pinRecord, pinStateOf } from './pin.ts'
import {
  ONLY_THESE_NAMES,
  jsonOfLeftOut,
  linesOfLeftOut,
  linesOfPin,
  plainName,
  stepsToDivide,
  warningsOf,
} from './report.ts'
import type { MirrorFlags, Origin } from './request.ts'
import { type Asking, type Records, type Source, askPins } from './source.ts'

/** One run of the command. */
export interface Task extends Mirroring {
  /** The zone that has the domain. */
  readonly zone: Name
  readonly source: Source
  readonly origin: Origin
  /** Asks the server that is read, or those that the user names; undefined where there are none. */
  readonly asking: Asking | undefined
}

/** What the owner is told of a reading besides the zone, a line each. */
export interface Notes {
  readonly leftOut: readonly string[]
  readonly warnings: readonly string[]
}

export async function notesOf(task: Task, reading: Records, look: MirrorLook): Promise<Notes> {
  const { privateAddressIn } = await import('@signpost/gateway')
  const { domain, origin } = task
  const warnings =
    look.zone === undefined ? [] : warningsOf(look.zone, look, reading, domain, privateAddressIn)
  return {
    // Of a zone that has the domain, the other names are no surprise.
    leftOut: linesOfLeftOut(
      look.leftOut.filter(({ reason }) => reason !== 'outside' || domain.equals(task.zone)),
      domain,
    ),
    warnings: origin.kind === 'names' ? [...warnings, ONLY_THESE_NAMES] : warnings,
  }
}

export function printNotes({ terminal }: Run<unknown>, { leftOut, warnings }: Notes): void {
  for (const line of leftOut) terminal.note(line)
  for (const warning of warnings) terminal.note(`warning: ${warning}`)
}

/** What the domain says of its pin, by the same server or file that its records are from. */
export async function pinOf({ domain, zoneId, asking, origin }: Task, reading: Records): Promise<PinState> {
  let { pins } = reading
  if (origin.kind === 'file' && asking !== undefined) {
    const stub = await asking()
    pins = await askPins(stub, domain).finally(() => stub.close())
  }
  return typeof pins === 'string'
    ? { kind: 'unknown', reason: pins }
    : pinStateOf(pins, pinName(domain), zoneId)
}

/** What the owner has to add in ordinary DNS, for people. */
export function pinLines(
  { flags }: Run<MirrorFlags>,
  { domain, zone, zoneId }: Task,
  pin: PinState,
): string[] {
  if (domain.equals(zone)) return linesOfPin(pin, domain, zoneId)
  const label = plainName(domain)
  return [
    '',
    `Hand ${label} to this key in the zone of ${plainName(zone)}:`,
    `  signpost mirror ${plainName(zone)} … --delegate ${label}=${flags.key}`,
  ]
}

/** For programs. */
export function jsonOf(task: Task, { leftOut }: MirrorLook, { warnings }: Notes, pin: PinState): object {
  return {
    domain: plainName(task.domain),
    leftOut: jsonOfLeftOut(leftOut),
    warnings,
    ...(task.domain.equals(task.zone) && { pin: jsonOfPin(pin, task) }),
  }
}

export function jsonOfPin(pin: PinState, { domain, zoneId }: Task): object {
  return { record: pinRecord(domain, zoneId), state: pin }
}

/** @throws RefusedPublicationError where the zone does not fit a signed record. */
export function checkSize(run: Run<MirrorFlags>, { domain, zone: parent, origin }: Task, zone: Zone): void {
  const { octets } = sizeOfZone(zone)
  if (octets <= MAX_RECORD_LENGTH) return
  const cause = new RecordTooLargeError(octets, MAX_RECORD_LENGTH, 'nothing was published')
  const steps = stepsToDivide(zone, domain, argumentsOf(origin, parent))
  throw new RefusedPublicationError(cause, steps, { octets, limit: MAX_RECORD_LENGTH, steps })
}

/** As a command for a part of the domain has them. */
function argumentsOf(origin: Origin, zone: Name): string {
  const parent = `--zone ${quoted(plainName(zone))}`
  switch (origin.kind) {
    case 'transfer':
      return `${parent} --from ${printHostPort(origin.from)}`
    case 'file':
      return `${parent} --file ${quoted(origin.file)}`
    case 'names':
      return `--name … ${origin.servers.map(server => `--server ${quoted(server)}`).join(' ')}`
  }
}
