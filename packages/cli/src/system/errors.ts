import { SignpostError } from '@signpost/dns'

/** Another process installs or uninstalls on the same machine. Nothing was changed. */
export class AlreadyAtWorkError extends SignpostError {
  readonly code = 'ALREADY_AT_WORK'

  constructor(pid: number) {
    super(`process ${pid} is installing or uninstalling here; wait until it is done, and try again`)
  }
}

/** Something at a path that an installation cannot keep and restore. Nothing was changed there. */
export class UnusualFileError extends SignpostError {
  readonly code = 'UNUSUAL_FILE'
  readonly path: string

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path}: ${problem}`, options)
    this.path = path
  }
}

/** An installation that was not begun, with everything that stands against it. */
export class CannotInstallError extends SignpostError {
  readonly code = 'CANNOT_INSTALL'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`nothing was changed: ${problems.join('; ')}`)
    this.problems = problems
  }
}

/** Files that somebody has changed since they were installed. Nothing was changed. */
export class ChangedSinceError extends SignpostError {
  readonly code = 'CHANGED_SINCE'
  readonly paths: readonly string[]

  constructor(paths: readonly string[]) {
    const [first = ''] = paths
    super(
      `nothing was undone, since somebody has changed ${paths.join(' and ')} after signpost was installed; ` +
        `to have what was there before, move it away (mv ${first} ${first}.mine) and uninstall again; ` +
        'to keep it as it is now: signpost uninstall --keep-changed',
    )
    this.paths = paths
  }
}

export interface StepFailed {
  /** What the change was for. */
  readonly step: string
  readonly why: Error
  /** Whether an earlier installation gave way to this one. */
  readonly instead: boolean
  readonly failed: FailedCommands
}

/** A change of an installation that failed. What had been done before it was undone. */
export class StepFailedError extends SignpostError {
  readonly code = 'STEP_FAILED'

  constructor({ step, why, instead, failed }: StepFailed, options?: ErrorOptions) {
    const also = instead ? ', and so was the earlier installation' : ''
    const but = failed.length === 0 ? '' : `; but these commands failed: ${printFailed(failed)}`
    super(
      `the step that ${step} failed: ${why.message}. What had been changed was undone${also}${but}`,
      options,
    )
  }
}

/** The service runs, or should, and the gateway does not answer where the machine's resolver would ask it. */
export class GatewaySilentError extends SignpostError {
  readonly code = 'GATEWAY_SILENT'

  constructor(at: string, reason: string, log: string) {
    super(`the gateway does not answer at ${at} (${reason}); its log says why: ${log}`)
  }
}

/** The gateway answers, and not to the machine's resolver, or that does not ask it. */
export class ResolverSilentError extends SignpostError {
  readonly code = 'RESOLVER_SILENT'

  constructor(suffix: string, resolver: string, reason: string) {
    super(
      `names below ${suffix} do not reach the gateway through ${resolver} (${reason}); look for other settings of ${resolver}`,
    )
  }
}

/** Something that was examined does not work. */
export class UnhealthyError extends SignpostError {
  readonly code = 'UNHEALTHY'

  constructor(failed: number) {
    super(failed === 1 ? 'one check failed' : `${failed} checks failed`)
  }
}

/** The journal of an installation that cannot be read. */
export class JournalError extends SignpostError {
  readonly code = 'JOURNAL'
  readonly path: string

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(
      `${path} says what installing changed, and ${problem}; use the signpost that wrote it, or restore the files by hand`,
      options,
    )
    this.path = path
  }
}

/** Each command, as a shell takes it, with the reason. */
export type FailedCommands = readonly (readonly [command: string, reason: string])[]

export function printFailed(failed: FailedCommands): string {
  return failed.map(([command, reason]) => `${command} (${reason})`).join(', ')
}

/** Commands that had to undo something and failed. All files are restored. */
export class UndoFailedError extends SignpostError {
  readonly code = 'UNDO_FAILED'

  constructor(failed: FailedCommands) {
    super(
      `every file is as it was, but these commands failed: ${printFailed(failed)}; ` +
        'run them again once that is mended',
    )
  }
}
