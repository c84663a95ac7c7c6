import type { SignedRecord } from '@signpost/core'
import { SignpostError } from '@signpost/dns'
import type { PublishConflictError, ZoneLossError } from '@signpost/node'

/** Lines of a diff before it is cut short. */
const DIFF_LINES = 20

/** A publication that was refused. */
export class RefusedPublicationError extends SignpostError {
  readonly code: string
  /** For people: what it is about, and what the user of the command can do. */
  readonly lines: readonly string[]
  /** For programs. */
  readonly details: object

  constructor(cause: SignpostError, lines: readonly string[], details: object) {
    super(cause.message, { cause })
    this.code = cause.code
    this.lines = lines
    this.details = details
  }
}

/** How the user says again what was refused. */
export interface Retry {
  /** The zone, as history and diff take it. */
  readonly zone: string
  /** The command, such as `signpost publish alice.zone --key alice`. */
  readonly command: string
  /** Whether `--rebase` may help. */
  readonly canRebase: boolean
  /** When the command is right all the same, over the version that stands. */
  readonly allTheSame: string
}

/** What a node says of a refused publication, as what the user of the command can do. Other errors stay as they are. */
export function refusalOf(error: unknown, retry: Retry): unknown {
  // By code: what the daemon refused is no instance of the class.
  if (!(error instanceof SignpostError) || !('diff' in error)) return error
  if (error.code === 'PUBLISH_CONFLICT') return conflict(error as PublishConflictError, retry)
  return error.code === 'ZONE_LOSS' ? loss(error as ZoneLossError, retry) : error
}

function conflict(
  error: PublishConflictError,
  { zone, command, canRebase, allTheSame }: Retry,
): SignpostError {
  const { expected, current, base, theirs, lost, diff, obstacles } = error
  const steps: Step[] = [[`signpost diff ${zone}`, 'what was changed elsewhere']]
  if (canRebase) steps.push([`${command} --rebase`, `makes the change again on top of sequence ${current}`])
  steps.push([`${command} --base ${current}`, allTheSame])
  return new RefusedPublicationError(error, [...cut(diff), ...next(steps)], {
    expected,
    current,
    base: jsonVersion(base),
    theirs: jsonVersion(theirs),
    lost: jsonVersion(lost),
    diff,
    obstacles,
  })
}

function loss(error: ZoneLossError, { command }: Retry): SignpostError {
  const { sequence, lost, of, diff } = error
  const steps: Step[] = [[`${command} --force`, 'where that is meant']]
  return new RefusedPublicationError(error, [...cut(diff), ...next(steps)], { sequence, lost, of, diff })
}

function jsonVersion(record: SignedRecord | undefined): object | null {
  if (record === undefined) return null
  return { sequence: record.sequence, validUntil: record.validity, bytes: record.bytes }
}

/** A command, and what it does or when it is the one. */
type Step = readonly [string, string]

function next(steps: readonly Step[]): string[] {
  const width = Math.max(...steps.map(([command]) => command.length))
  return ['Next:', ...steps.map(([command, what]) => `  ${command.padEnd(width)}   ${what}`)]
}

/** The lines of a diff that a message or a report has room for. */
export function cut(diff: readonly string[]): string[] {
  const shown = diff.length <= DIFF_LINES ? diff : diff.slice(0, DIFF_LINES)
  const more = diff.length > shown.length ? [`  … and ${diff.length - shown.length} more lines`] : []
  return [...shown.map(line => `  ${line}`), ...more]
}
