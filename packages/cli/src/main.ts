import type { Command } from 'commander'
import { failureOf, printFailure } from './failure.ts'
import { ExitCode } from './exit-code.ts'
import { createProgram } from './program.ts'
import type { Surroundings } from './run.ts'
import { Terminal } from './terminal.ts'

/** Runs one command line, the words after `signpost`, and says what to end the process with. */
export async function main(argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const json = argv.includes('--json')
  const terminal = new Terminal(surroundings.streams, json)
  const program = createProgram(surroundings)
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return ExitCode.ok
  } catch (error) {
    const failure = failureOf(error, surroundings.stop)
    if (failure === undefined) return ExitCode.ok
    if (json || !failure.shown) terminal.note(printFailure(failure, json))
    if (failure.code === 'USAGE' && !failure.shown && !json)
      terminal.note(`See: ${commandIn(argv, program)} --help`)
    const level: unknown = program.getOptionValue('logLevel')
    if (failure.details !== undefined && (level === 'debug' || level === 'trace'))
      terminal.note(failure.details)
    return failure.exitCode
  } finally {
    await terminal.flush()
  }
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
