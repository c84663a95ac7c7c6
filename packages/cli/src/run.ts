import { join, resolve } from 'node:path'
import type { Logger } from '@signpost/node'
import type { Command } from 'commander'
import { GuardStore } from './guards/guard-store.ts'
import { KeyStore } from './keys/key-store.ts'
import { createLogger } from './logger.ts'
import type { CommonFlags } from './options.ts'
import { PetnameStore } from './petnames/petname-store.ts'
import { PinStore } from './pins/pin-store.ts'
import { type Streams, Terminal } from './terminal.ts'

/** What the process gives to whatever command runs in it. */
export interface Surroundings {
  readonly streams: Streams
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborts when the user or the system asks the process to stop. */
  readonly stop: AbortSignal
  /** Takes SIGHUP for something else than stopping. */
  readonly onHangup?: (listener: () => void) => void
}

/** One run of one command, with what every command uses. */
export interface Run<Flags> {
  readonly flags: CommonFlags & Flags
  readonly terminal: Terminal
  readonly logger: Logger
  readonly env: Surroundings['env']
  readonly stop: AbortSignal
  readonly onHangup: Surroundings['onHangup']
  /** Absolute. */
  readonly dataDir: string
  readonly keys: KeyStore
  readonly petnames: PetnameStore
  readonly guards: GuardStore
  readonly pins: PinStore
  /** The command line, as it can be given to a shell again. */
  readonly commandLine: string
  /** Whether a flag stands on the command line, rather than in the environment or nowhere. */
  readonly given: (flag: string) => boolean
}

/** @param kind decides what is logged unless the user says so: warnings by short commands, more by what runs on. */
export function beginRun<Flags>(
  { streams, env, stop, onHangup }: Surroundings,
  command: Command,
  kind: 'short' | 'long' = 'short',
): Run<Flags> {
  const flags: CommonFlags & Flags = command.optsWithGlobals()
  const terminal = new Terminal(streams, flags.json === true, stop)
  const logger = createLogger(terminal, flags.logLevel ?? (kind === 'long' ? 'info' : 'warn'))
  const dataDir = resolve(flags.data)
  const keys = new KeyStore(join(dataDir, 'keys'))
  const petnames = new PetnameStore(join(dataDir, 'petnames'))
  const guards = new GuardStore(join(dataDir, 'guards'))
  const pins = new PinStore(join(dataDir, 'pins'))
  const given = (flag: string): boolean => command.getOptionValueSourceWithGlobals(flag) === 'cli'
  const commandLine = ['signpost', ...rootOf(command).rawArgs].map(quoted).join(' ')
  return {
    flags,
    terminal,
    logger,
    env,
    stop,
    onHangup,
    dataDir,
    keys,
    petnames,
    guards,
    pins,
    commandLine,
    given,
  }
}

// Commander's types leave out the words that it was given.
function rootOf(command: Command): Command & { readonly rawArgs: readonly string[] } {
  return command.parent === null
    ? (command as Command & { readonly rawArgs: readonly string[] })
    : rootOf(command.parent)
}

/** A word as a POSIX shell takes it for itself. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
