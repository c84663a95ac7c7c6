/** One thing that was looked at, in words for people. */
export interface Check {
  /** Stable, for programs. */
  readonly name: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly sentence: string
  /** The command, or the deed, that mends it. */
  readonly mend?: string
}

export function ok(name: string, sentence: string): Check {
  return { name, status: 'ok', sentence }
}

export function warn(name: string, sentence: string, mend: string): Check {
  return { name, status: 'warn', sentence, mend }
}

export function fail(name: string, sentence: string, mend: string): Check {
  return { name, status: 'fail', sentence, mend }
}
