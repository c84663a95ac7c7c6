import { posix } from 'node:path'
import type { Command } from '../change.ts'
import type { MacBefore } from '../facts.ts'
import type { CommandEnded } from '../effects/commands.ts'
import type { Disk } from '../effects/disk.ts'
import { type State, textOf } from '../effects/state.ts'

/** A machine to be looked at: nothing here changes it. */
export interface Machine {
  readonly disk: Pick<Disk, 'look' | 'list'>
  /** Undefined for the root of an image, where nothing runs. */
  readonly ask: ((command: Command) => Promise<CommandEnded>) | undefined
  /** What a Mac was like before an installation that it has now. */
  readonly before?: MacBefore | undefined
}

/**
 * The text of a file, with symbolic links followed; undefined where there is none.
 * @param found what is at the path, where that is known already.
 */
export async function readText(
  { disk }: Pick<Machine, 'disk'>,
  path: string,
  found?: State,
): Promise<string | undefined> {
  let at = path
  let state = found ?? (await disk.look(at))
  for (let links = 0; links < MAX_LINKS; links++) {
    if (state.kind !== 'link') return textOf(state)
    at = linkTarget(at, state.target)
    state = await disk.look(at)
  }
  return undefined
}

const MAX_LINKS = 8

export async function isThere({ disk }: Machine, path: string): Promise<boolean> {
  // A directory is no state that an installation restores.
  return disk.look(path).then(
    ({ kind }) => kind !== 'absent',
    () => true,
  )
}

/** The absolute path to which a link leads. */
export function linkTarget(path: string, target: string): string {
  return posix.resolve(posix.dirname(path), target)
}
