import { getSystemErrorMessage } from 'node:util'
import { CommanderError } from 'commander'
import { SignpostError } from '@signpost/dns'
import { InterruptedError } from './errors.ts'
import { ExitCode, exitCodeOf } from './exit-code.ts'
import { RefusedPublicationError } from './refusal.ts'
import { jsonValue } from './terminal.ts'

/** Why a command ended badly, as the user is told. */
export interface Failure {
  readonly code: string
  /** Says what to do. One line; only a zone file with several problems has a line for each. */
  readonly message: string
  readonly exitCode: ExitCode
  /** The user has seen a help text instead. */
  readonly shown?: true
  /** What else people are told, a line each. */
  readonly lines?: readonly string[]
  /** What else programs are told. */
  readonly data?: object
  /** Where it happened; only for what should never happen. */
  readonly details?: string
}

/** Undefined where commander ended the run on purpose, after a help text or the version. */
export function failureOf(error: unknown, stop: AbortSignal): Failure | undefined {
  if (error instanceof CommanderError) return error.exitCode === 0 ? undefined : usageFailure(error)
  if (stop.aborted && isAbort(error)) return failureOf(new InterruptedError(), stop)
  if (error instanceof SignpostError) return signpostFailure(error)
  if (isSystemError(error))
    return { code: error.code, message: systemMessage(error), exitCode: ExitCode.failure }
  return {
    code: 'BUG',
    message: `this is a bug in signpost: ${oneLine(textOf(error))} (see more with --log-level debug, and report that)`,
    exitCode: ExitCode.failure,
    details: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }
}

/** What goes to standard error. */
export function printFailure(failure: Failure, json: boolean): string {
  const { code, message, lines = [], data } = failure
  if (!json) return [`signpost: ${message}`, ...lines].join('\n')
  return JSON.stringify({ error: { code, message, ...data } }, jsonValue)
}

function signpostFailure(error: SignpostError): Failure {
  const { code } = error
  const failure = { code, message: error.message.trim(), exitCode: exitCodeOf(code) }
  if (!(error instanceof RefusedPublicationError)) return failure
  return { ...failure, lines: error.lines, data: error.details }
}

function usageFailure(error: CommanderError): Failure {
  const failure = { code: 'USAGE', exitCode: ExitCode.usage }
  if (error.code === 'commander.help') return { ...failure, message: 'a command is missing', shown: true }
  return { ...failure, message: oneLine(error.message.replace(/^error: /, '')) }
}

interface SystemError extends Error {
  readonly code: string
  readonly errno: number
  readonly syscall: string
  readonly path?: string
  /** Of a socket. */
  readonly address?: string
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error && 'errno' in error && typeof error.errno === 'number'
}

function systemMessage({ errno, syscall, path, address }: SystemError): string {
  const where = path ?? address
  return `${syscall}${where === undefined ? '' : ` ${where}`}: ${getSystemErrorMessage(errno)}`
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ')
}
