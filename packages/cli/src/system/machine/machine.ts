import type { Command } from '../change.ts'
import type { CommandEnded } from '../effects/commands.ts'
import type { Disk } from '../effects/disk.ts'
import { textOf } from '../effects/state.ts'

/** A machine to be looked at: nothing here changes it. */
export interface Machine {
  readonly disk: Pick<Disk, 'look' | 'list'>
  /** Undefined for the root of an image, where nothing runs. */
  readonly ask: ((command: Command) => Promise<CommandEnded>) | undefined
}

/** The text of a file, with symbolic links followed; undefined where there is none. */
export async function readText({ disk }: Machine, path: string): Promise<string | undefined> {
  let at = path
  for (let links = 0; links < 8; links++) {
    const state = await disk.look(at)
    if (state.kind !== 'link') return textOf(state)
    at = linkTarget(at, state.target)
  }
  return undefined
}

export async function isThere({ disk }: Machine, path: string): Promise<boolean> {
  // A directory is no state that an installation restores.
  return disk.look(path).then(
    ({ kind }) => kind !== 'absent',
    () => true,
  )
}

/** The absolute path to which a link leads. */
export function linkTarget(path: string, target: string): string {
  return new URL(target, `file://${path}`).pathname
}
