import { type ExecFileException, execFile } from 'node:child_process'
import type { Command } from '../change.ts'

/** Milliseconds for one command; starting a service takes the longest. */
const COMMAND_TIMEOUT = 90_000

export interface CommandEnded {
  readonly ok: boolean
  readonly stdout: string
  /** Why it is not ok, in a line. */
  readonly problem: string
}

/** Runs a command to its end. Never throws: what cannot be run is not ok. */
export async function runCommand([program, ...args]: Command): Promise<CommandEnded> {
  return new Promise(resolve => {
    execFile(
      program,
      args,
      { timeout: COMMAND_TIMEOUT, windowsHide: true, encoding: 'utf8' },
      (error, stdout, stderr) => {
        resolve({
          ok: error === null,
          stdout,
          problem: error === null ? '' : problemOf(program, error, stderr.trim() || stdout.trim()),
        })
      },
    )
  })
}

/** A command that has to succeed. */
export async function runOrThrow(command: Command): Promise<void> {
  const { ok, problem } = await runCommand(command)
  if (!ok) throw new Error(problem)
}

function problemOf(program: string, { code, killed, signal }: ExecFileException, said: string): string {
  if (code === 'ENOENT') return `there is no program ${program}`
  if (killed === true) return `it did not end within ${COMMAND_TIMEOUT / 1000} seconds`
  const last = said.split('\n').at(-1) ?? ''
  return `it ended with ${String(code ?? signal)}${last === '' ? '' : `: ${last}`}`
}
