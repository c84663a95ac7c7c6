import type { Command } from 'commander'
import type { Config } from './config/schema.ts'
import { UsageError } from './errors.ts'
import { readConfig } from './gateway-settings.ts'
import type { GatewayFlags } from './options.ts'
import { type Run, type Surroundings, beginRun } from './run.ts'
import { unlessAborted } from './signals.ts'

/** What a command that runs on was told. */
export interface Wish<Flags> {
  readonly flags: Run<Flags>['flags']
  readonly config: Config
}

/** A command that runs on, and the file that it was told to read. */
export interface Configured<Flags> {
  readonly run: Run<Flags>
  readonly config: Config
  /**
   * Reads the file as it is by now. What stands on the command line comes before it, as ever.
   * @throws UsageError where there is no file that could be read again; ConfigFileError, and what reading it throws.
   */
  readonly reread: () => Promise<Wish<Flags>>
  /** The same error, as one of where the user wrote what is wrong. */
  readonly locate: (error: unknown) => Promise<unknown>
}

/** Begins a command that runs on. @throws as {@link readConfig} does. */
export async function beginConfigured<Flags extends Pick<GatewayFlags, 'config'>>(
  surroundings: Surroundings,
  command: Command,
): Promise<Configured<Flags>> {
  // Nobody may ever write to a pipe, or to standard input.
  const config = await unlessAborted(surroundings.stop, readConfig(command, surroundings))
  const run = beginRun<Flags>(surroundings, command, 'long')
  const { config: file } = run.flags
  let last = config
  return {
    run,
    config,
    reread: async () => {
      if (file === undefined)
        throw new UsageError(
          'it runs without a configuration file, so nothing is read again; name one: --config FILE',
        )
      if (file === '-')
        throw new UsageError(
          'its configuration came over standard input, which cannot be read again; restart it, or name a file',
        )
      const next = await readConfig(command, surroundings)
      // An editor that is about to write, or a disk that is full, leaves such a file; nobody means all the defaults by it.
      if (isEmpty(next) && !isEmpty(last)) {
        const { ConfigFileError } = await import('./config/config-file.ts')
        throw new ConfigFileError(file, 'it is empty, which it was not before; where that is meant, restart')
      }
      last = next
      return { config: next, flags: command.optsWithGlobals() }
    },
    locate: async error => (await import('./config/apply.ts')).locate(error, command, file),
  }
}

function isEmpty(config: Config): boolean {
  return Object.values(config).every(table => Object.keys(table as object).length === 0)
}
