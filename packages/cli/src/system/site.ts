import { statSync } from 'node:fs'
import { UsageError } from '../errors.ts'
import type { Command } from './change.ts'
import { runCommand, runOrThrow } from './effects/commands.ts'
import { type Disk, diskBelow } from './effects/disk.ts'
import type { Effects } from './effects/install.ts'
import { type Journal, JournalFile } from './effects/journal.ts'
import type { Facts } from './facts.ts'
import type { Site } from './installer.ts'
import { type Here, readFacts } from './machine/facts.ts'
import { journalPath } from './paths.ts'
import { untilAnswered } from './wait.ts'

export interface SiteOptions {
  /** The root of an image; this machine where absent. */
  readonly root: string | undefined
  readonly here: Here
  /** Absolute path of the service's configuration. */
  readonly config: string
  readonly stop: AbortSignal
  /** Shows a command that is not run. */
  readonly show: (line: Command) => void
  readonly onStep: Effects['onStep']
}

/**
 * This machine, or the root of an image below a directory, where nothing runs.
 * @throws UsageError where there is no such directory.
 */
export function siteOf({ root, here, config, stop, show, onStep }: SiteOptions): Site {
  if (root !== undefined && statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(`there is no directory ${root}; give the root of an image`)
  const disk = diskBelow(root ?? '/')
  const ask = root === undefined ? runCommand : undefined
  return {
    disk,
    journal: new JournalFile(disk, journalPath(here.platform, here.env)),
    facts: async (seen: Disk, journal: Journal | undefined): Promise<Facts> =>
      readFacts({ disk: seen, ask, before: journal?.mac }, config, here),
    run: async command => {
      if (root === undefined) await runOrThrow(command)
      else show(command)
    },
    wait: async change => {
      if (root === undefined) await untilAnswered(change, here.platform, stop)
    },
    ...(onStep && { onStep }),
  }
}

/** @throws UsageError where this machine would be changed by somebody who may not. */
export function checkAdministrator(
  root: string | undefined,
  getuid: (() => number) | undefined,
  command: string,
): void {
  if (root === undefined && getuid !== undefined && getuid() !== 0)
    throw new UsageError(
      `changing this machine needs root: sudo ${command}, or look at it first with --dry-run`,
    )
}
