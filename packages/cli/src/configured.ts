import type { Command } from 'commander'
import type { Config } from './config/schema.ts'
import { readConfig } from './gateway-settings.ts'
import type { GatewayFlags } from './options.ts'
import { type Run, type Surroundings, beginRun } from './run.ts'

/** A command that runs on, and the file that it was told to read. */
export interface Configured<Flags> {
  readonly run: Run<Flags>
  readonly config: Config
  /** Reads the file as it is by now. What stands on the command line comes before it, as ever. */
  readonly reread: () => Promise<{ readonly flags: Run<Flags>['flags']; readonly config: Config }>
}

/** Begins a command that runs on. @throws as {@link readConfig} does. */
export async function beginConfigured<Flags extends Pick<GatewayFlags, 'config'>>(
  surroundings: Surroundings,
  command: Command,
): Promise<Configured<Flags>> {
  const config = await readConfig(command, surroundings)
  const run = beginRun<Flags>(surroundings, command, 'long')
  return {
    run,
    config,
    reread: async () => ({
      config: await readConfig(command, surroundings),
      flags: command.optsWithGlobals(),
    }),
  }
}
