/** What the process ends with; the same for every command. */
export const ExitCode = {
  ok: 0,
  failure: 1,
  /** The command line is wrong. */
  usage: 2,
  /** A name, record, key or file that was asked for is not there. */
  notFound: 3,
  /** 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

const byErrorCode: ReadonlyMap<string, ExitCode> = new Map([
  ['USAGE', ExitCode.usage],
  ['INVALID_CONFIG', ExitCode.usage],
  ['KEY_NOT_FOUND', ExitCode.notFound],
  ['FILE_NOT_FOUND', ExitCode.notFound],
  ['NAME_NOT_FOUND', ExitCode.notFound],
  ['NOT_IN_HISTORY', ExitCode.notFound],
  ['DAEMON_NOT_RUNNING', ExitCode.notFound],
  ['INTERRUPTED', ExitCode.interrupted],
])

export function exitCodeOf(errorCode: string): ExitCode {
  return byErrorCode.get(errorCode) ?? ExitCode.failure
}
