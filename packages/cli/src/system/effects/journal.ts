import { posix } from 'node:path'
import type { Change, Command, Scope } from '../change.ts'
import { JournalError } from '../errors.ts'
import type { Disk } from './disk.ts'
import { ABSENT, type State, sameState, textOf } from './state.ts'

/**
 * What an installation changes, and how it was before. It is on disk before each change is made, so that all of them can
 * be undone, whenever the machine or the command stops.
 */
export interface Journal {
  readonly version: typeof VERSION
  readonly state: 'installing' | 'installed' | 'uninstalling'
  readonly scope: Scope
  /** All that was planned. */
  readonly changes: readonly Change[]
  /** What was begun, in order. */
  readonly steps: readonly Step[]
}

export type Step = PlaceStep | CommandStep

export interface PlaceStep {
  readonly kind: 'place'
  readonly path: string
  readonly before: State
  readonly after: State
  readonly ifChanged?: 'leave' | 'undo'
  /** Directories that were made for it, outermost first. */
  readonly directories: readonly string[]
}

export interface CommandStep {
  readonly kind: 'command'
  readonly sentence: string
  readonly undo?: Command
}

const VERSION = 1

/** Only the administrator may read it: it has copies of files as they were. */
const JOURNAL_MODE = 0o600

/** The journal of a machine. */
export class JournalFile {
  readonly path: string
  private readonly disk: Disk

  constructor(disk: Disk, path: string) {
    this.disk = disk
    this.path = path
  }

  /** Undefined where nothing is installed. @throws JournalError */
  async read(): Promise<Journal | undefined> {
    const text = textOf(await this.disk.look(this.path))
    if (text === undefined) return undefined
    let journal: Partial<Journal>
    try {
      journal = JSON.parse(text) as Partial<Journal>
    } catch (cause) {
      throw new JournalError(this.path, 'it is no JSON', { cause })
    }
    if (journal.version !== VERSION || !Array.isArray(journal.steps) || !Array.isArray(journal.changes))
      throw new JournalError(this.path, `it is of another version (${String(journal.version)})`)
    return journal as Journal
  }

  /** It is on disk when this resolves. */
  async write(journal: Omit<Journal, 'version'>): Promise<void> {
    for (const directory of await this.disk.missingDirectories(this.path))
      await this.disk.makeDirectory(directory)
    const octets = Buffer.from(`${JSON.stringify({ version: VERSION, ...journal })}\n`).toString('base64')
    await this.disk.place(this.path, { kind: 'file', octets, mode: JOURNAL_MODE, ...this.disk.owner })
  }

  async remove(): Promise<void> {
    await this.disk.tidy(this.path)
    await this.disk.place(this.path, ABSENT)
    await this.disk.removeDirectory(this.path.replace(/[\\/][^\\/]*$/, ''))
  }
}

/** The machine as it would be had nothing been installed. */
export function withoutInstallation(disk: Disk, journal: Journal | undefined): Disk {
  const places = new Map<string, PlaceStep>()
  for (const step of journal?.steps ?? []) if (step.kind === 'place') places.set(step.path, step)
  if (places.size === 0) return disk
  return {
    ...disk,
    look: async path => {
      const found = await disk.look(path)
      const step = places.get(path)
      return step !== undefined && sameState(found, step.after) ? step.before : found
    },
    list: async path => {
      const names = await disk.list(path)
      return names.filter(name => places.get(posix.join(path, name))?.before.kind !== 'absent')
    },
  }
}
