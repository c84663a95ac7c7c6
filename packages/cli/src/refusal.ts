import type { SignedRecord } from '@signpost/core'
import { SignpostError } from '@signpost/dns'
import type { PublishConflictError, ZoneLossError } from '@signpost/node'

/** Characters of a command that leave room for words beside it. */
const COMMAND_WIDTH = 70
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
  /** The command that was refused, such as `signpost publish alice.zone --key alice`. */
  readonly command: string
  /** The command that shows what was changed elsewhere. */
  readonly diff: string
  /** The one that shows what this would change, for a zone that was never published from here. */
  readonly preview?: string
  /** Whether `--rebase` may help, or was given already. */
  readonly rebase: 'may help' | 'given' | 'no help'
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

function conflict(error: PublishConflictError, retry: Retry): SignpostError {
  const { expected, current, base, theirs, lost, diff, gap, obstacles } = error
  const steps = stepsAfter(error, retry)
  return new RefusedPublicationError(error, [...cut(diff), ...next(steps)], {
    expected,
    current,
    base: jsonVersion(base),
    theirs: jsonVersion(theirs),
    lost: jsonVersion(lost),
    diff,
    gap: gap ?? null,
    obstacles,
  })
}

function stepsAfter({ current, expected, gap }: PublishConflictError, retry: Retry): Step[] {
  const { command, diff, preview, rebase, allTheSame } = retry
  const steps: Step[] = []
  const isFirst = gap !== undefined && expected === 0
  if (!isFirst) steps.push([diff, 'what was changed elsewhere'])
  else if (preview !== undefined) steps.push([preview, `what this would change in sequence ${current}`])
  // Without a base nobody can tell what the change is, but that it takes nothing away.
  if (gap !== undefined && rebase !== 'no help')
    steps.push([
      `${command}${rebase === 'given' ? '' : ' --rebase'} --base 0`,
      'keeps all that either of both has',
    ])
  else if (rebase === 'may help')
    steps.push([`${command} --rebase`, `makes the change again on top of sequence ${current}`])
  steps.push([`${command} --base ${current}`, allTheSame])
  return steps
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
  const line = ([command, what]: Step): string =>
    width > COMMAND_WIDTH ? `  ${what}:\n    ${command}` : `  ${command.padEnd(width)}   ${what}`
  return ['Next:', ...steps.map(line)]
}

/** The lines of a diff that a message or a report has room for. */
export function cut(diff: readonly string[]): string[] {
  const shown = diff.length <= DIFF_LINES ? diff : diff.slice(0, DIFF_LINES)
  const more = diff.length > shown.length ? [`  … and ${diff.length - shown.length} more lines`] : []
  return [...shown.map(line => `  ${line}`), ...more]
}
