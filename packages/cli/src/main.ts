import type { Command } from 'commander'
import { ExitCode } from './exit-code.ts'
import { failureOf, printFailure } from './failure.ts'
import { createProgram } from './program.ts'
import type { Surroundings } from './run.ts'
import { Terminal } from './terminal.ts'

/** Runs one command line, the words after `signpost`, and says what to end the process with. */
export async function main(argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const terminal = new Terminal(surroundings.streams, false)
  try {
    await createProgram(surroundings).parseAsync([...argv], { from: 'user' })
    return ExitCode.ok
  } catch (error) {
    return explain(error, argv, surroundings)
  } finally {
    await terminal.flush()
  }
}

/** Tells the user why the command ended, and returns what to end the process with. */
export function explain(error: unknown, argv: readonly string[], surroundings: Surroundings): ExitCode {
  const failure = failureOf(error, surroundings.stop)
  if (failure === undefined) return ExitCode.ok
  const json = argv.includes('--json')
  const terminal = new Terminal(surroundings.streams, json)
  if (json || failure.shown !== true) terminal.note(printFailure(failure, json))
  if (failure.code === 'USAGE' && failure.shown !== true && !json)
    terminal.note(`See: ${commandIn(argv, createProgram(surroundings))} --help`)
  if (failure.details !== undefined && wantsDetails(argv, surroundings.env)) terminal.note(failure.details)
  return failure.exitCode
}

/** The command that the words name, as far as they name one. */
function commandIn(argv: readonly string[], program: Command): string {
  let command = program
  const path = [program.name()]
  for (const word of argv) {
    const next = command.commands.find(known => known.name() === word)
    if (next === undefined) continue
    command = next
    path.push(word)
  }
  return path.join(' ')
}

// By the words themselves: what went wrong may have been the reading of them.
function wantsDetails(argv: readonly string[], env: Surroundings['env']): boolean {
  const at = argv.findIndex(word => word.startsWith('--log-level'))
  const level = at < 0 ? env['SIGNPOST_LOG_LEVEL'] : argv.slice(at, at + 2).join(' ')
  return /\b(debug|trace)\b/.test(level ?? '')
}
